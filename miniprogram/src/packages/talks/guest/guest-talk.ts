/** What a guest hears and says: all of it over the room's socket, for they have no other way in. */
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import type { ApiError } from '@/api/http'
import type { MessageView } from '@/api/schema'
import { newKey } from '@/api/intent'
import type { Pending } from '../room/conversation'
import type { TalkLine } from '../room/talk-lines'

export function useGuestTalk(transmit: (frame: unknown) => unknown) {
  const known = shallowRef(new Map<number, MessageView>())
  const pending = shallowRef<Pending[]>([])
  const lastSeq = ref(0)

  function take(message: MessageView) {
    known.value = new Map(known.value).set(message.seq, message)
    lastSeq.value = Math.max(lastSeq.value, message.seq)
    if (message.client_id) sent(message.client_id)
  }
  function sent(client_id: string) {
    pending.value = pending.value.filter((one) => one.client_id !== client_id)
  }
  /** The socket answers in order: what it refuses is the oldest that waits. */
  function refused(why: ApiError) {
    const oldest = pending.value.find((one) => !one.failed)
    if (oldest) oldest.failed = why
  }
  function retry(one: Pending) {
    one.failed = undefined
    transmit({ type: 'send', client_id: one.client_id, body: one.body, line: one.line })
  }
  /** While the line is down it waits here, and goes out when the line stands again. */
  function send(body: string, line: TalkLine = 'main') {
    const one = shallowReactive<Pending>({ client_id: newKey().slice(0, 36), body, line })
    pending.value = [...pending.value, one]
    retry(one)
  }
  function drop(one: Pending) {
    pending.value = pending.value.filter((other) => other !== one)
  }
  function resend() {
    for (const one of pending.value.filter((one) => !one.failed)) retry(one)
  }

  const messages = computed(() => [...known.value.values()].sort((a, b) => a.seq - b.seq))
  return { messages, pending, lastSeq, take, sent, refused, retry, send, drop, resend }
}
