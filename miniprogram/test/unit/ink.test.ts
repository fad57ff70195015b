import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Ink } from '@/platform/ink'

const context = { scale() {}, beginPath() {}, moveTo() {}, lineTo: vi.fn(), stroke() {}, clearRect() {} }
const found = { node: { getContext: () => context }, left: 10, top: 100, width: 300, height: 180 }

/** A canvas of 300 by 180 pixels, as the page's query finds it. */
function ink(): Promise<Ink> {
  const query = { in: () => query, select: () => query, fields: (_: unknown, done: (f: unknown) => void) => ({ exec: () => done(found) }) }
  vi.stubGlobal('uni', { createSelectorQuery: () => query, getWindowInfo: () => ({ pixelRatio: 2 }) })
  return Ink.on('#ink', {} as never)
}
const touch = (x: number, y: number) => ({ touches: [{ clientX: x + found.left, clientY: y + found.top }] })

describe('writing by hand', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('keeps every stroke as points in time, inside the frame', async () => {
    const on = await ink()
    vi.setSystemTime(1_000_000)
    on.start(touch(20, 30))
    vi.setSystemTime(1_000_040)
    on.move(touch(60.4, 31.6))
    on.move(touch(-8, 400))
    // The device's clock is set back.
    vi.setSystemTime(900_000)
    on.start(touch(100, 90))
    vi.setSystemTime(1_000_500)
    on.move(touch(120, 20))
    expect(on.strokes).toEqual([
      [[20, 30, 0], [60, 32, 40], [0, 180, 40]],
      [[100, 90, 40], [120, 20, 500]],
    ])
    expect(on.isWriting).toBe(true)
    on.clear()
    expect(on.strokes).toEqual([])
  })

  it('takes a dot for no writing, and stops where the server stops', async () => {
    const on = await ink()
    expect(on.isWriting).toBe(false)
    on.start(touch(20, 30))
    on.move(touch(23, 33))
    expect(on.isWriting).toBe(false)
    for (let n = 0; n < 7000; n++) on.move(touch(n % 300, 40))
    expect(on.strokes.flat().length).toBe(6000)
    // What is not kept is not drawn either.
    expect(context.lineTo.mock.calls.length).toBeLessThan(6010)
    on.clear()
    for (let n = 0; n < 300; n++) on.start(touch(n, n))
    expect(on.strokes.length).toBe(200)
  })
})
