import { describe, expect, it } from 'vitest'
import { daysOfLink, partsOfLink } from '@/components/link-lines/parts'
import { sameHash } from '@/packages/leads/check/same-hash'
import { parameters } from '@/platform/page'

describe('what a code says', () => {
  it('opens a page as its link does', () => {
    const uuid = '01a19468-e47b-7222-bad3-105cb84b789b'
    expect(parameters({ scene: uuid.replace(/-/g, '') })).toMatchObject({ id: uuid, slug: uuid, unit: uuid })
    for (const plain of ['park-yiyang-hightech', '0123456789abcdef', '430922', 'business-environment-and-four-at']) {
      expect(parameters({ scene: plain })).toMatchObject({ id: plain, slug: plain, unit: plain })
    }
  })
  it('is read as WeChat hands it over, encoded, and as a browser does', () => {
    const scene = 'n=12&h=0123456789abcdef0123'
    const read = { sequence: '12', hash: '0123456789abcdef0123' }
    expect(parameters({ scene: encodeURIComponent(scene) })).toMatchObject(read)
    expect(parameters({ scene })).toMatchObject(read)
  })
  it('never outdoes what the link itself says, and without a code nothing is added', () => {
    expect(parameters({ id: 'a', scene: 'b' }).id).toBe('a')
    expect(parameters({ tab: 'mine' })).toEqual({ tab: 'mine' })
    expect(parameters({ scene: '' })).toEqual({ scene: '' })
    expect(parameters(undefined)).toEqual({})
  })
  it('names an entry by the beginning of its hash, if that is long enough', () => {
    const hash = 'abcdef0123456789'.repeat(4)
    expect(sameHash(hash, hash)).toBe(true)
    expect(sameHash(hash, hash.slice(0, 20))).toBe(true)
    for (const wrong of [undefined, '', hash.slice(0, 19), `0${hash.slice(1, 20)}`, `${hash}0`]) expect(sameHash(hash, wrong)).toBe(false)
    expect(sameHash(undefined, hash)).toBe(false)
  })
})

describe('a link to hand on', () => {
  it('is taken apart into page and query', () => {
    const page = 'packages/leads/confirm/index'
    expect(partsOfLink(`https://a.example/#/${page}?id=1&token=a%2Fb`)).toEqual({ page, query: 'id=1&token=a%2Fb' })
    expect(partsOfLink(`https://a.example/app/#/${page}`)).toEqual({ page })
    expect(partsOfLink('https://a.example/')).toBeUndefined()
  })
  it('opens the mini program no longer than what it opens, and thirty days at most', () => {
    const now = Date.parse('2026-11-27T00:00:00Z')
    expect(daysOfLink('2026-12-03T23:00:00Z', now)).toBe(7)
    expect(daysOfLink('2027-02-27T00:00:00Z', now)).toBe(30)
    expect(daysOfLink('2026-11-26T00:00:00Z', now)).toBe(1)
    expect(daysOfLink(undefined, now)).toBe(30)
  })
})
