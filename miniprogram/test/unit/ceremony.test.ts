import { describe, expect, it } from 'vitest'
import type { AgreementView } from '@/api/schema'
import { sentPages } from '@/packages/signings/ceremony/sent'

/** A server with so many agreements in each state, twenty a portion. */
function server(signing: number, completed: number) {
  const all = { signing, completed }
  return async ({ state, cursor }: { state: 'signing' | 'completed'; cursor: string }) => {
    const from = Number(cursor || 0)
    const to = Math.min(from + 20, all[state])
    const items = Array.from({ length: to - from }, (_, n) => ({ id: `${state}-${from + n}` }) as AgreementView)
    return { items, next: to < all[state] ? String(to) : null }
  }
}

async function everything(signing: number, completed: number) {
  const ask = sentPages(server(signing, completed))
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await ask(cursor)
    seen.push(...page.items.map((one) => one.id))
    cursor = page.next ?? undefined
  } while (cursor)
  return seen
}

describe('what a ceremony may call up', () => {
  it.each([
    [0, 0],
    [3, 2],
    [20, 0],
    [0, 45],
    [41, 60],
  ])('%i being signed and %i completed are all reached, once each', async (signing, completed) => {
    const seen = await everything(signing, completed)
    expect(seen.length).toBe(signing + completed)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.slice(0, signing).every((id) => id.startsWith('signing'))).toBe(true)
  })
})
