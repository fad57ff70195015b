/** Writing by hand on a <canvas type="2d" id="…">: the same strokes on both platforms, exported as PNG and as points in time. */
import type { ComponentPublicInstance } from 'vue'

interface Touch {
  x?: number
  y?: number
  clientX: number
  clientY: number
}
/** Pixels from the frame's left and upper edge, and milliseconds since the first touch. */
export type InkPoint = [x: number, y: number, ms: number]

/** What reaches less far, in pixels, is a dot and no writing. */
const LEAST_REACH = 10
/** The server takes no more; who has written so much has to begin again. */
const MOST_STROKES = 200
const MOST_POINTS = 6000

export class Ink {
  strokes: InkPoint[][] = []
  private began = 0
  private latest = 0
  private points = 0
  private constructor(private node: any, private context: any, private rect: { left: number; top: number; width: number; height: number }) {}

  /** Call after the page is ready. */
  static on(selector: string, component: ComponentPublicInstance): Promise<Ink> {
    return new Promise((resolve, reject) => {
      const fields = { node: true, size: true, rect: true } as UniApp.NodeField
      const prepare = (found: any) => {
        if (!found?.node) return reject(new Error(`no canvas ${selector}`))
        const ratio = uni.getWindowInfo().pixelRatio
        const { node } = found
        node.width = found.width * ratio
        node.height = found.height * ratio
        const context = node.getContext('2d')
        context.scale(ratio, ratio)
        Object.assign(context, { lineWidth: 3, lineCap: 'round', lineJoin: 'round', strokeStyle: '#17212e' })
        resolve(new Ink(node, context, found))
      }
      uni.createSelectorQuery().in(component).select(selector).fields(fields, prepare).exec()
    })
  }

  start(event: { touches: Touch[] }) {
    if (this.isFull || this.strokes.length >= MOST_STROKES) return
    const [x, y] = this.place(event)
    this.began ||= Date.now()
    this.strokes.push([])
    this.keep(x, y)
    this.context.beginPath()
    this.context.moveTo(x, y)
  }

  move(event: { touches: Touch[] }) {
    if (this.isFull || !this.strokes.length) return
    const [x, y] = this.place(event)
    this.keep(x, y)
    this.context.lineTo(x, y)
    this.context.stroke()
  }

  clear() {
    this.strokes = []
    this.began = this.latest = this.points = 0
    this.context.clearRect(0, 0, this.rect.width, this.rect.height)
  }

  /** Whether it is more than a dot. */
  get isWriting(): boolean {
    const all = this.strokes.flat()
    const reach = (axis: 0 | 1) => Math.max(...all.map((point) => point[axis])) - Math.min(...all.map((point) => point[axis]))
    return all.length > 1 && Math.max(reach(0), reach(1)) >= LEAST_REACH
  }

  /** The picture as base64 PNG without the "data:" head. */
  async png(): Promise<string> {
    const url = this.node.toDataURL('image/png') as string
    return url.slice(url.indexOf(',') + 1)
  }

  private get isFull(): boolean {
    return this.points >= MOST_POINTS
  }

  private keep(x: number, y: number) {
    const within = (at: number, size: number) => Math.round(Math.min(Math.max(at, 0), size))
    // The device's clock may be set back while somebody writes.
    this.latest = Math.max(this.latest, Date.now() - this.began)
    this.strokes[this.strokes.length - 1].push([within(x, this.rect.width), within(y, this.rect.height), this.latest])
    this.points++
  }

  private place(event: { touches: Touch[] }): [number, number] {
    const touch = event.touches[0]
    if (touch.x !== undefined && touch.y !== undefined) return [touch.x, touch.y]
    return [touch.clientX - this.rect.left, touch.clientY - this.rect.top]
  }
}
