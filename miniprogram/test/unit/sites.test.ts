import { beforeEach, expect, it, vi } from 'vitest'
import type { SiteContent } from '@/api/schema'
import { contentFrom, figuresOf, notNumbers, typedFrom } from '@/packages/map/edit/form'

const content: SiteContent = {
  kind: 'parcel', unit_id: '430903', park_id: null, name: '示例地块', longitude: 112.36, latitude: 28.57, datum: 'gcj02', precision: 'exact',
  industries: ['food'], area_m2: 26_667, price_fen_per_mu: 18_500_000, rent_fen_per_m2_month: null, status: 'available', tenure_years: 50,
  plot_ratio_hundredths: 120, zoning: '一类工业用地', floor_load_kg_m2: null, clear_height_cm: null, hoist_kg: null, span_cm: null, floors: null, power_kva: 6300, free_from: null,
  name_en: null, position_note: null, summary: null, summary_en: null, facts: [], source: '示例台账', source_on: '2026-11-01', photos: [],
}

it('gives back what it was filled with', () => {
  const typed = typedFrom(content)
  expect([typed.price_fen_per_mu, typed.plot_ratio_hundredths, typed.area_m2]).toEqual(['18.5', '1.2', '26667'])
  expect(contentFrom(typed, { industries: content.industries, facts: [], photos: [] })).toEqual(content)
})

it('names the fields that hold no number, and wants a place', () => {
  expect(notNumbers({ ...typedFrom(content), area_m2: '很大', longitude: '' })).toEqual(['area_m2', 'longitude'])
})

it('keeps no figure that this kind of site does not have', () => {
  expect(figuresOf('factory_building')).not.toContain('price_fen_per_mu')
  const typed = { ...typedFrom(content), kind: 'factory_building' }
  expect(contentFrom(typed, { industries: [], facts: [], photos: [] }).price_fen_per_mu).toBeNull()
})

beforeEach(() => {
  vi.resetModules()
})

it('keeps a shortlist on the phone and takes it along at sign-in', async () => {
  const merged: unknown[] = []
  vi.doMock('@/api/sites', () => ({
    fetchShortlist: async () => ({ items: [] }),
    mergeShortlist: async (items: unknown[]) => {
      merged.push(...items)
      return { items: [{ site_id: 'a', note: '近高速', kept_at: '' }, { site_id: 'held', note: '', kept_at: '' }] }
    },
    keepSite: vi.fn(),
    dropSite: vi.fn(),
  }))
  const session = await import('@/api/session')
  const list = await import('@/shortlist')
  await list.keep('a', '近高速')
  expect(uni.getStorageSync('palm.shortlist').items).toEqual([{ site_id: 'a', note: '近高速' }])
  session.keepSession({ access_token: 't', me: { person_id: 'p', operations: [], roles: [] } } as any)
  await new Promise((ok) => setTimeout(ok, 0))
  expect(merged).toEqual([{ site_id: 'a', note: '近高速' }])
  expect(list.shortlist.value.map((k) => k.site_id)).toEqual(['a', 'held'])
  session.dropSession()
  await new Promise((ok) => setTimeout(ok, 0))
  expect(list.shortlist.value, 'the account took its list along').toEqual([])
})
