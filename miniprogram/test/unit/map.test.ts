import { expect, it } from 'vitest'
import type { SiteSummary } from '@/api/schema'
import { filterFrom, noFilter, questionOf } from '@/pages/map/site-filter'
import { groups, inseparable } from '@/platform/invest-map/groups'

const site = (id: string, longitude: number, latitude: number) => ({ id, longitude, latitude }) as SiteSummary

it('turns what people type into what the server stores', () => {
  const q = questionOf({ ...noFilter, kind: 'parcel', area_min: '30', price_max: '26.5', rent_max: '12' })
  expect(q).toMatchObject({ kind: 'parcel', area_min_m2: 20_000, price_max_fen_per_mu: 26_500_000, rent_max_fen_per_m2_month: undefined })
  expect(questionOf({ ...noFilter, kind: 'factory_building', area_min: '500' }).area_min_m2).toBe(500)
  expect(questionOf({ ...noFilter, area_min: 'abc', area_max: ' ' })).toMatchObject({ area_min_m2: undefined, area_max_m2: undefined })
})

it('restores a filter from a link and ignores what it does not know', () => {
  expect(filterFrom({ kind: 'park', q: '龙岭', evil: 'x' })).toEqual({ ...noFilter, kind: 'park', q: '龙岭' })
})

it('groups pins that would touch, and only those', () => {
  const sites = [site('a', 112.35, 28.57), site('b', 112.35, 28.57), site('c', 111.2, 28.4)]
  expect(groups(sites, 8).map((g) => g.sites.map((s) => s.id))).toEqual([['a', 'b'], ['c']])
  expect(inseparable(groups(sites, 8)[0])).toBe(true)
  const near = [site('a', 112.35, 28.57), site('b', 112.38, 28.57)]
  expect(groups(near, 8)).toHaveLength(1)
  expect(groups(near, 13)).toHaveLength(2)
  expect(inseparable(groups(near, 8)[0])).toBe(false)
})
