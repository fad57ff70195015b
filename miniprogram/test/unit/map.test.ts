import { expect, it } from 'vitest'
import type { SiteSummary } from '@/api/schema'
import { filterFrom, noFilter, questionOf } from '@/pages/map/site-filter'
import { boxOf, cornersOf, groups, inseparable } from '@/platform/invest-map/groups'

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
  expect(groups(sites, 8).map((g) => g.ids)).toEqual([['a', 'b'], ['c']])
  expect(inseparable(groups(sites, 8)[0])).toBe(true)
  const near = [site('a', 112.35, 28.57), site('b', 112.38, 28.57)]
  expect(groups(near, 8)).toHaveLength(1)
  expect(groups(near, 13)).toHaveLength(2)
  expect(inseparable(groups(near, 8)[0])).toBe(false)
})

it('asks for utilities, a hub and what the map shows', () => {
  const q = questionOf({ ...noFilter, utilities: 'sewage,gas', power_min: '800', near: 'port', bbox: '1,2,3,4', zoom: '9.25' })
  expect(q).toMatchObject({ utilities: 'sewage,gas', power_min_kva: 800, near: 'port', within_km: 10, bbox: '1,2,3,4', zoom: 9 })
  expect(questionOf({ ...noFilter, within: '5', zoom: '9' })).toMatchObject({ near: undefined, within_km: undefined, zoom: undefined })
})

it('reads boxes and corners out of a link, and nothing out of nonsense', () => {
  expect(boxOf('1,2,3,4')).toEqual([1, 2, 3, 4])
  expect(boxOf('1,2,x,4')).toBeUndefined()
  expect(cornersOf('1,2;3,4;5')).toEqual([[1, 2], [3, 4]])
})
