/** The line to the room's socket: opens it with a fresh ticket, keeps it alive, and reconnects with growing pauses. */
import { computed, ref, watch } from 'vue'
import { ApiError } from '@/api/http'
import { newKey } from '@/api/intent'
import { takeTicket } from '@/api/talks'
import { online } from '@/platform/device'
import { connect, type Socket } from '@/platform/socket'

export type LineState = 'connecting' | 'lobby' | 'open' | 'waiting' | 'replaced' | 'forbidden' | 'closed'
const PING = 25_000
const SILENCE = 60_000
const LONGEST = 30_000

/** Pause before attempt n (from 1): 1, 2, 4 … 30 seconds, with up to a quarter more so that not all come at once. */
export function pause(attempt: number, chance = Math.random()): number {
  return Math.min(LONGEST, 1000 * 2 ** (attempt - 1)) * (1 + chance / 4)
}

/** `hello` gives the last seq seen; `frame` gets every frame of the server but pongs; `take` fetches the ticket. */
export function useLine(
  id: () => string,
  hello: () => number,
  frame: (frame: any) => void,
  take: () => Promise<{ ticket: string; socket_path: string }> = () => takeTicket(id(), newKey()),
) {
  const state = ref<LineState>('closed')
  const retryAt = ref(0)
  let socket: Socket | undefined
  let attempt = 0
  let heard = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let pulse: ReturnType<typeof setInterval> | undefined
  /** Grows with every start and stop; what belongs to an older turn is void. */
  let turn = 0

  async function open() {
    const mine = ++turn
    hangUp()
    state.value = 'connecting'
    try {
      const ticket = await take()
      if (mine === turn) dial(ticket.socket_path, ticket.ticket, mine)
    } catch (e) {
      if (mine !== turn) return
      const refused = e instanceof ApiError && [403, 404, 409].includes(e.status)
      if (refused) state.value = 'forbidden'
      else later()
    }
  }

  function dial(path: string, ticket: string, mine: number) {
    heard = Date.now()
    socket = connect(path, {
      open: () => socket?.send({ type: 'hello', ticket, after: hello() }),
      frame: (f) => {
        if (mine !== turn) return
        heard = Date.now()
        if (f.type === 'welcome') {
          attempt = 0
          state.value = 'open'
        } else if (f.type === 'lobby') {
          attempt = 0
          state.value = 'lobby'
        }
        if (f.type !== 'pong') frame(f)
      },
      closed: (code) => mine === turn && ended(code),
    })
    pulse = setInterval(() => {
      if (Date.now() - heard > SILENCE) ended(1006)
      else socket?.send({ type: 'ping' })
    }, PING)
  }

  function ended(code: number) {
    hangUp()
    if (code === 4403) state.value = 'forbidden'
    else if (code === 4409) state.value = 'replaced'
    else later()
  }

  function later() {
    state.value = 'waiting'
    const wait = pause(++attempt)
    retryAt.value = Date.now() + wait
    timer = setTimeout(open, wait)
  }

  function hangUp() {
    clearTimeout(timer)
    clearInterval(pulse)
    socket?.close()
    socket = undefined
  }

  function close() {
    turn++
    hangUp()
    stopWatching()
    state.value = 'closed'
  }

  const stopWatching = watch(online, (on) => {
    if (on && state.value === 'waiting') open()
  })
  const send = (f: unknown) => state.value === 'open' && socket?.send(f)
  return { state, retryAt, isOpen: computed(() => state.value === 'open'), open, close, send }
}
