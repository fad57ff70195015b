/** Open times by day, as the calendar shows them. */
import type { Hosting, SlotView } from '@/api/schema'
import { dayOf } from '@/i18n/format'

export const DAYS = 14
const DAY = 86_400_000

/** The coming fourteen Beijing days. */
export function comingDays(from = Date.now()): string[] {
  return Array.from({ length: DAYS }, (_, i) => dayOf(from + i * DAY))
}

export interface HostTimes {
  host_id: string
  host_name: string
  slots: SlotView[]
}

/** The slots of one day by host, in order of time; in one group when it is not one host who receives. */
export function byHost(slots: SlotView[], day: string, hosting: Hosting = 'one'): HostTimes[] {
  const hosts = new Map<string, HostTimes>()
  const ofDay = slots.filter((s) => dayOf(s.starts_at) === day).sort((a, b) => (a.starts_at < b.starts_at ? -1 : 1))
  for (const slot of ofDay) {
    const key = hosting === 'one' ? slot.host_id : hosting
    const host = hosts.get(key) ?? { host_id: slot.host_id, host_name: slot.host_name, slots: [] }
    host.slots.push(slot)
    hosts.set(key, host)
  }
  return [...hosts.values()]
}

export function countByDay(slots: SlotView[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const slot of slots) counts[dayOf(slot.starts_at)] = (counts[dayOf(slot.starts_at)] ?? 0) + 1
  return counts
}

const receivers = (slot?: SlotView) => slot?.hosts.map((one) => one.id).join()
export const sameSlot = (a?: SlotView, b?: SlotView) => !!a && a.starts_at === b?.starts_at && receivers(a) === receivers(b)
