/** What the map page filters by, as it stands in a link, and the question to the server that follows from it. */
import type { SiteQuery } from '@/api/map'

/** As typed by people: land areas in mu, floors in square metres, prices in yuan or 10 000 yuan. Empty text means any. */
export interface SiteFilter {
  kind: string
  unit_id: string
  industry: string
  status: string
  area_min: string
  area_max: string
  price_max: string
  rent_max: string
  q: string
  bbox: string
}
export const noFilter: SiteFilter = {
  kind: '', unit_id: '', industry: '', status: '', area_min: '', area_max: '', price_max: '', rent_max: '', q: '', bbox: '',
}

export function filterFrom(given: Partial<Record<string, string>>): SiteFilter {
  const filter = { ...noFilter }
  for (const key of Object.keys(noFilter) as (keyof SiteFilter)[]) filter[key] = given[key] ?? ''
  return filter
}

function number(text: string, times: number): number | undefined {
  const n = Number(text)
  return text.trim() && Number.isFinite(n) && n >= 0 ? Math.round(n * times) : undefined
}

export function questionOf(f: SiteFilter): SiteQuery {
  const area = f.kind === 'factory_building' ? 1 : 2000 / 3
  return {
    kind: f.kind as SiteQuery['kind'],
    unit_id: f.unit_id,
    industry: f.industry as SiteQuery['industry'],
    status: f.status as SiteQuery['status'],
    q: f.q.trim(),
    bbox: f.bbox,
    area_min_m2: number(f.area_min, area),
    area_max_m2: number(f.area_max, area),
    price_max_fen_per_mu: f.kind === 'factory_building' ? undefined : number(f.price_max, 1_000_000),
    rent_max_fen_per_m2_month: f.kind === 'parcel' ? undefined : number(f.rent_max, 100),
    datum: 'gcj02',
    limit: 200,
  }
}

/** How many filters the sheet holds that are on; kind, text and map area are shown outside it. */
export function countOn(f: SiteFilter): number {
  return [f.unit_id, f.industry, f.status, f.area_min || f.area_max, f.price_max, f.rent_max].filter(Boolean).length
}
