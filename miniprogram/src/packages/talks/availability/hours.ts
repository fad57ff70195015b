/** Minutes of a day in China, and the week as it is written on the page. */
import type { ExceptionalHours, WeeklyHours } from '@/api/schema'

export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7]
export const HALF_HOURS = Array.from({ length: 49 }, (_, n) => n * 30)
/** Minutes kept free after a talk, and hours of notice, that people choose from. */
export const BUFFERS = [0, 15, 30, 45, 60]
export const NOTICES = [1, 2, 4, 8, 24, 48, 72, 168]
const MORNING = { from_minute: 540, to_minute: 720 }
const AFTERNOON = { from_minute: 870, to_minute: 1020 }

export const clock = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

/** Adds the next likely stretch of a weekday: a morning, an afternoon, then whatever hour is left. */
export function another(week: WeeklyHours[], weekday: number): WeeklyHours[] {
  const day = week.filter((one) => one.weekday === weekday)
  const end = Math.max(0, ...day.map((one) => one.to_minute))
  const late = { from_minute: Math.min(Math.max(end, 1080), 1380), to_minute: Math.min(Math.max(end, 1080) + 60, 1440) }
  const next = !day.length ? MORNING : end <= AFTERNOON.from_minute ? AFTERNOON : late
  return [...week, { weekday, ...next }]
}

/** Two stretches of one day that lie over each other. */
export const overlaps = (week: WeeklyHours[]) =>
  week.some((one, n) => week.some((other, m) => m > n && one.weekday === other.weekday && one.from_minute < other.to_minute && other.from_minute < one.to_minute))

/** A whole day away, the first kind of exception that people mean. */
export const awayOn = (day: string): ExceptionalHours => ({ day, from_minute: 0, to_minute: 1440, kind: 'closed' })
