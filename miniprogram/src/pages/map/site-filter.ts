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
  power_min: string
  /** By comma */
  utilities: string
  /** A kind of hub */
  near: string
  within: string
  q: string
  /** A drawn polygon: longitude,latitude;… */
  polygon: string
  /** What the map shows, once somebody has moved it */
  bbox: string
  zoom: string
}
export const noFilter: SiteFilter = {
  kind: '', unit_id: '', industry: '', status: '', area_min: '', area_max: '', price_max: '', rent_max: '', power_min: '',
  utilities: '', near: '', within: '', q: '', polygon: '', bbox: '', zoom: '',
}
export const distances = ['2', '5', '10', '20', '50']
export const hubKinds = ['rail_station', 'high_speed_rail_station', 'motorway_junction', 'port', 'airport']

export function filterFrom(given: Partial<Record<string, string>>): SiteFilter {
  const filter = { ...noFilter }
  for (const key of Object.keys(noFilter) as (keyof SiteFilter)[]) filter[key] = given[key] ?? ''
  return filter
}

function number(text: string, times: number): number | undefined {
  const n = Number(text)
  return text.trim() && Number.isFinite(n) && n >= 0 ? Math.round(n * times) : undefined
}

/** The whole zoom that the server knows: its cells, and so its box, are the same for the map and the list. */
export function zoomOf(zoom: string | number): number {
  return Math.min(18, Math.max(6, Math.floor(Number(zoom) || 8)))
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
    zoom: f.bbox ? zoomOf(f.zoom) : undefined,
    polygon: f.polygon,
    near: f.near,
    within_km: f.near ? number(f.within || '10', 1) : undefined,
    utilities: f.utilities,
    power_min_kva: number(f.power_min, 1),
    area_min_m2: number(f.area_min, area),
    area_max_m2: number(f.area_max, area),
    price_max_fen_per_mu: f.kind === 'factory_building' ? undefined : number(f.price_max, 1_000_000),
    rent_max_fen_per_m2_month: f.kind === 'parcel' ? undefined : number(f.rent_max, 100),
    datum: 'gcj02',
    limit: 20,
  }
}

/** How many filters the sheet holds that are on; kind, text and what is drawn are shown outside it. */
export function countOn(f: SiteFilter): number {
  return [f.unit_id, f.industry, f.status, f.area_min || f.area_max, f.price_max, f.rent_max, f.power_min, f.utilities, f.near].filter(Boolean).length
}
