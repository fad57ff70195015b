/** Open times by day, as the calendar shows them. */
import type { SlotView } from '@/api/schema'
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

/** The slots of one day by host, in order of time. */
export function byHost(slots: SlotView[], day: string): HostTimes[] {
  const hosts = new Map<string, HostTimes>()
  const ofDay = slots.filter((s) => dayOf(s.starts_at) === day).sort((a, b) => (a.starts_at < b.starts_at ? -1 : 1))
  for (const slot of ofDay) {
    const host = hosts.get(slot.host_id) ?? { host_id: slot.host_id, host_name: slot.host_name, slots: [] }
    host.slots.push(slot)
    hosts.set(slot.host_id, host)
  }
  return [...hosts.values()]
}

export function countByDay(slots: SlotView[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const slot of slots) counts[dayOf(slot.starts_at)] = (counts[dayOf(slot.starts_at)] ?? 0) + 1
  return counts
}

export const sameSlot = (a?: SlotView, b?: SlotView) => !!a && a.host_id === b?.host_id && a.starts_at === b.starts_at
