/** The messages of a room: what the server has, in order of seq, and what is on its way there. */
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import type { MessageView } from '@/api/schema'
import { ApiError } from '@/api/http'
import { newKey } from '@/api/intent'
import { listMessages, sendFile, sendMessage } from '@/api/talks'
import type { ChosenFile } from '@/platform/file'
import type { TalkLine } from './talk-lines'

export interface Pending {
  client_id: string
  body: string
  line: TalkLine
  file?: ChosenFile
  failed?: ApiError
}

export function useConversation(id: () => string) {
  const known = shallowRef(new Map<number, MessageView>())
  const pending = shallowRef<Pending[]>([])
  /** All messages up to this seq are here; a reconnect asks for what comes after. */
  const lastSeq = ref(0)

  function take(message: MessageView, inOrder: boolean) {
    if (!known.value.has(message.seq)) known.value = new Map(known.value).set(message.seq, message)
    if (inOrder) lastSeq.value = Math.max(lastSeq.value, message.seq)
    pending.value = pending.value.filter((p) => p.client_id !== message.client_id)
  }

  /** Everything up to now, in portions. */
  async function load(): Promise<true> {
    for (;;) {
      const got = await listMessages(id(), lastSeq.value)
      for (const message of got.items) take(message, true)
      if (!got.items.length || lastSeq.value >= got.last_seq) return true
    }
  }

  async function transmit(p: Pending) {
    p.failed = undefined
    try {
      // The answer may overtake messages of others that are still on their way, so it does not move lastSeq.
      take(p.file ? await sendFile(id(), p.client_id, p.file) : await sendMessage(id(), p.client_id, p.body, p.line), false)
    } catch (e) {
      p.failed = e instanceof ApiError ? e : new ApiError(0, 'unknown', '', '')
    }
  }

  /** The id of a message stays the same through all attempts, so that it is stored once. */
  function send(body: string, line: TalkLine = 'main', file?: ChosenFile) {
    const p = shallowReactive<Pending>({ client_id: newKey().slice(0, 36), body, line, file })
    pending.value = [...pending.value, p]
    return transmit(p)
  }

  /** What was refused for good is taken off the page. */
  function drop(p: Pending) {
    pending.value = pending.value.filter((one) => one !== p)
  }

  /** After a reconnect: whatever failed without a definite answer goes out again. */
  async function resend() {
    for (const p of pending.value.filter((p) => p.failed?.uncertain)) await transmit(p)
  }

  const messages = computed(() => [...known.value.values()].sort((a, b) => a.seq - b.seq))
  return { messages, pending, lastSeq, take, load, send, retry: transmit, drop, resend }
}
