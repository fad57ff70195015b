/** Tells the server which parts were on the screen, and for how long; nothing else about the reader. */
import { getCurrentInstance, onBeforeUnmount } from 'vue'
import { reportReading } from '@/api/offers'
import { newKey } from '@/api/intent'

const EVERY = 4000

/** `start` watches elements with these ids; a part counts while at least a third of the screen's height or of itself shows. */
export function useReading(token: () => string) {
  const visit = newKey().slice(0, 36)
  const component = getCurrentInstance()?.proxy
  const seconds: Record<string, number> = {}
  const since: Record<string, number> = {}
  const told: Record<string, number> = {}
  let observer: UniApp.IntersectionObserver | undefined
  let timer: ReturnType<typeof setInterval> | undefined

  function tell() {
    const now = Date.now()
    for (const part of new Set([...Object.keys(seconds), ...Object.keys(since)])) {
      const total = Math.min(3600, Math.round((seconds[part] ?? 0) + (since[part] ? (now - since[part]) / 1000 : 0)))
      if (told[part] === total) continue
      told[part] = total
      // A report that is lost is not sent again: the next one says more.
      reportReading(token(), visit, part, total).catch(() => undefined)
    }
  }

  function start(parts: { id: string; part: string }[]) {
    for (const { id, part } of parts) {
      observer = uni.createIntersectionObserver(component as any, { thresholds: [0, 0.3, 0.6] })
      observer.relativeToViewport().observe(`#${id}`, (r) => {
        const shows = r.intersectionRatio >= 0.3
        if (shows && !since[part]) since[part] = Date.now()
        else if (!shows && since[part]) {
          seconds[part] = (seconds[part] ?? 0) + (Date.now() - since[part]) / 1000
          delete since[part]
        }
      })
    }
    timer = setInterval(tell, EVERY)
  }

  onBeforeUnmount(() => {
    if (timer) clearInterval(timer)
    tell()
    observer?.disconnect()
  })
  return { visit, start }
}
