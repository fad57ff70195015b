/** The three views of one's talks, and how a talk's state is shown. */
import type { BookingState, BookingView } from '@/api/schema'

export type Group = 'upcoming' | 'waiting' | 'past'

/** A talk may be entered some time before and after; it is over one hour after its end. */
const HOUR = 3600_000

export function groupOf(b: BookingView, now = Date.now()): Group {
  const open = b.state === 'held' || b.state === 'requested' || b.state === 'confirmed'
  if (!open || Date.parse(b.ends_at) + HOUR < now) return 'past'
  return b.may.includes('confirm') || b.may.includes('accept') ? 'waiting' : 'upcoming'
}

/** The soonest first, but the latest of the past. */
export function ordered(items: BookingView[], group: Group): BookingView[] {
  const chosen = items.filter((b) => groupOf(b) === group)
  chosen.sort((a, b) => (a.starts_at < b.starts_at ? -1 : 1))
  return group === 'past' ? chosen.reverse() : chosen
}

const tones: Record<BookingState, 'plain' | 'brand' | 'good' | 'warn' | 'bad'> = {
  held: 'warn',
  requested: 'warn',
  confirmed: 'good',
  declined: 'bad',
  cancelled: 'plain',
  expired: 'plain',
}
export const toneOf = (state: BookingState) => tones[state] ?? 'plain'
