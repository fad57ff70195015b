/** The door on this phone: the list that was taken along, and the check-ins that wait for the network. */
import { computed, ref } from 'vue'
import { ApiError } from '@/api/http'
import { checkIn, showDoor } from '@/api/gatherings'
import type { CheckInOutcome, DoorList, ShownTicket } from '@/api/schema'
import { me } from '@/api/session'
import { forget, read, write } from '@/platform/storage'
import { sha256 } from '@/sha256'

export interface Verdict { outcome: CheckInOutcome; name: string; firm: string; at?: string; waits: boolean }
const SENDING = 200

export function useDoor(id: () => string) {
  const place = (what: string) => `door.${what}.${me.value?.person_id}.${id()}`
  const list = ref<DoorList>()
  const queue = ref<ShownTicket[]>([])
  const came = ref(0)
  const sendError = ref<ApiError>()
  const busy = ref(false)

  /** What the phone has; then what the server has, when it can be reached. */
  async function open() {
    list.value = read<DoorList>(place('list'))
    queue.value = read<ShownTicket[]>(place('queue')) ?? []
    count()
    try {
      list.value = await showDoor(id())
      keep()
    } catch (e) {
      if (!list.value || !(e instanceof ApiError && e.uncertain)) throw e
    }
    if (queue.value.length) await send()
    return true
  }
  function keep() {
    write(place('list'), list.value)
    if (queue.value.length) write(place('queue'), queue.value)
    else forget(place('queue'))
    count()
  }
  const count = () => (came.value = list.value?.tickets.filter((one) => one.checked_in_at).length ?? 0)

  /** Judges by the list on the phone. */
  function judge(shown: ShownTicket): { verdict: Verdict; mark: () => void } {
    const hash = shown.ticket ? sha256(shown.ticket) : ''
    const row = list.value?.tickets.find((one) => (hash ? one.ticket_sha256 === hash : one.registration_id === shown.registration_id))
    if (!row) return { verdict: { outcome: 'unknown', name: '', firm: '', waits: false }, mark: () => undefined }
    const outcome = row.checked_in_at ? 'already' : 'came'
    const at = new Date().toISOString()
    const verdict: Verdict = { outcome, name: row.name_masked, firm: row.firm, at: row.checked_in_at ?? at, waits: false }
    return { verdict, mark: () => (row.checked_in_at ??= at) }
  }

  /** One ticket: asked of the server, or, when it cannot be reached, judged here and kept to be sent. */
  async function take(shown: ShownTicket): Promise<Verdict> {
    const { verdict, mark } = judge(shown)
    try {
      const { items: [one] } = await checkIn(id(), [shown], freshKey())
      if (one.registration_id) {
        const row = list.value?.tickets.find((known) => known.registration_id === one.registration_id)
        if (row) row.checked_in_at ??= one.received_at ?? undefined
        keep()
      }
      return { outcome: one.outcome, name: one.name_masked ?? '', firm: one.firm ?? '', at: one.phone_at ?? one.received_at ?? undefined, waits: false }
    } catch (e) {
      if (!(e instanceof ApiError && e.uncertain)) throw e
      if (verdict.outcome !== 'came') return verdict
      mark()
      queue.value = [...queue.value, { ...shown, phone_at: verdict.at }]
      keep()
      return { ...verdict, waits: true }
    }
  }

  /** Sends what waits. A ticket counts once however often it is sent, so that an uncertain end is simply tried again. */
  async function send() {
    if (busy.value) return
    busy.value = true
    sendError.value = undefined
    try {
      while (queue.value.length) {
        const some = queue.value.slice(0, SENDING)
        await checkIn(id(), some, freshKey())
        queue.value = queue.value.slice(some.length)
        keep()
      }
    } catch (e) {
      if (e instanceof ApiError) sendError.value = e
      else throw e
    } finally {
      busy.value = false
    }
  }
  return { list, queue, came, waiting: computed(() => queue.value.length), busy, sendError, open, take, send }
}

/** A key of its own for each sending. */
const freshKey = () => `door-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`
