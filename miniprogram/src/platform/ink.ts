/** Writing by hand on a <canvas type="2d" id="…">: the same strokes on both platforms, exported as PNG. */
import type { ComponentPublicInstance } from 'vue'

interface Touch {
  x?: number
  y?: number
  clientX: number
  clientY: number
}

export class Ink {
  strokes = 0
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
    const [x, y] = this.place(event)
    this.strokes++
    this.context.beginPath()
    this.context.moveTo(x, y)
  }

  move(event: { touches: Touch[] }) {
    const [x, y] = this.place(event)
    this.context.lineTo(x, y)
    this.context.stroke()
  }

  clear() {
    this.strokes = 0
    this.context.clearRect(0, 0, this.rect.width, this.rect.height)
  }

  /** The picture as base64 PNG without the "data:" head. */
  async png(): Promise<string> {
    const url = this.node.toDataURL('image/png') as string
    return url.slice(url.indexOf(',') + 1)
  }

  private place(event: { touches: Touch[] }): [number, number] {
    const touch = event.touches[0]
    if (touch.x !== undefined && touch.y !== undefined) return [touch.x, touch.y]
    return [touch.clientX - this.rect.left, touch.clientY - this.rect.top]
  }
}
