/** One web socket with JSON frames. Reconnecting is the caller's decision. */
import { origin } from './target'

export interface Socket {
  send(frame: unknown): void
  close(): void
}

export interface SocketEvents {
  open(): void
  frame(frame: any): void
  /** `code` is the close code, 1006 when the connection broke. Called once. */
  closed(code: number): void
}

/** `path` such as "/api/v1/talks/socket". */
export function connect(path: string, on: SocketEvents): Socket {
  let base = origin
  // #ifdef H5
  base = location.origin
  // #endif
  let over = false
  const end = (code: number) => {
    if (!over) on.closed(code)
    over = true
  }
  // `complete` keeps uni from answering with a promise instead of a task.
  const task = uni.connectSocket({ url: base.replace(/^http/, 'ws') + path, complete: () => undefined })
  task.onOpen(() => on.open())
  task.onMessage((m) => on.frame(JSON.parse(m.data as string)))
  task.onClose((e) => end((e as { code?: number })?.code ?? 1006))
  task.onError(() => end(1006))
  return {
    send: (frame) => task.send({ data: JSON.stringify(frame) }),
    close: () => {
      over = true
      task.close({})
    },
  }
}
