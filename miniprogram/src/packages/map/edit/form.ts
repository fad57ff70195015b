/** What is typed in the form of a site, and the content that follows from it. */
import type { Corner, SiteContent, SiteFact, SiteRedLine } from '@/api/schema'
import { formatNumber } from '@/i18n/format'
import { scales } from '../parts/conditions'

/** Everything as text, as it is typed; lists apart. */
export type Typed = Record<string, string>

export const figures: (keyof SiteContent)[] = [
  'area_m2', 'price_fen_per_mu', 'rent_fen_per_m2_month', 'plot_ratio_hundredths', 'tenure_years', 'floors', 'clear_height_cm', 'span_cm', 'hoist_kg', 'floor_load_kg_m2',
  'power_kva',
]
const texts: (keyof SiteContent)[] = [
  'kind', 'unit_id', 'park_id', 'name', 'name_en', 'status', 'datum', 'precision', 'position_note', 'zoning', 'free_from', 'summary', 'summary_en',
  'source', 'source_on',
]

/** Which figures a kind of site has. */
export function figuresOf(kind: string): (keyof SiteContent)[] {
  const land = ['price_fen_per_mu', 'plot_ratio_hundredths', 'tenure_years']
  const building = ['rent_fen_per_m2_month', 'floors', 'clear_height_cm', 'span_cm', 'hoist_kg', 'floor_load_kg_m2']
  return figures.filter((f) => (kind === 'factory_building' ? !land.includes(f) : kind === 'parcel' ? !building.includes(f) : true))
}

export function typedFrom(content: Partial<SiteContent>): Typed {
  const typed: Typed = {}
  for (const f of texts) typed[f] = String(content[f] ?? '')
  for (const f of figures) {
    const n = content[f] as number | null | undefined
    typed[f] = n === null || n === undefined ? '' : formatNumber(n / (scales[f] ?? 1), 4).replace(/,/g, '')
  }
  for (const f of ['longitude', 'latitude'] as const) typed[f] = content[f] === undefined ? '' : String(Number(content[f]!.toFixed(6)))
  return typed
}

/** Fields whose text is no number. */
export function notNumbers(typed: Typed): string[] {
  const wrong = (f: string) => typed[f].trim() && !Number.isFinite(Number(typed[f]))
  return [...figures.filter(wrong), ...['longitude', 'latitude'].filter((f) => !typed[f].trim() || !Number.isFinite(Number(typed[f])))]
}

/** A fact without what every fact needs. */
export const blank = (f: SiteFact) => !f.label.trim() || !f.value.trim() || !f.source.trim()

export function contentFrom(typed: Typed, rest: Pick<SiteContent, 'industries' | 'facts' | 'photos' | 'utilities' | 'red_line'>): SiteContent {
  const text = (f: string) => typed[f].trim() || null
  const shown = figuresOf(typed.kind)
  const number = (f: keyof SiteContent) => (typed[f].trim() && shown.includes(f) ? Math.round(Number(typed[f]) * (scales[f] ?? 1)) : null)
  return {
    ...Object.fromEntries(texts.map((f) => [f, text(f)])),
    ...Object.fromEntries(figures.map((f) => [f, number(f)])),
    longitude: Number(typed.longitude),
    latitude: Number(typed.latitude),
    ...rest,
  } as SiteContent
}

/** Without the source that it needs. */
export const lacking = (one: { source: string }) => !one.source.trim()

/** Corners from a GeoJSON polygon, or from lines of longitude and latitude; undefined when it is neither. */
export function cornersOf(text: string): Corner[] | undefined {
  const pairs = text.trim().startsWith('{') ? ringOf(text) : text.split(/\n+/).filter((l) => l.trim()).map((l) => l.trim().split(/[\s,，;；]+/).slice(-2).map(Number))
  if (!pairs?.every((p) => p.length >= 2 && Number.isFinite(p[0]) && Number.isFinite(p[1]))) return undefined
  const corners = pairs.map(([longitude, latitude]) => ({ longitude, latitude }))
  const [first, last] = [corners[0], corners[corners.length - 1]]
  if (corners.length > 1 && first.longitude === last.longitude && first.latitude === last.latitude) corners.pop()
  return corners.length >= 3 || !corners.length ? corners : undefined
}

function ringOf(text: string): number[][] | undefined {
  try {
    const read = JSON.parse(text)
    const shape = read.features?.[0]?.geometry ?? read.geometry ?? read
    const ring = shape.type === 'Polygon' ? shape.coordinates?.[0] : undefined
    return Array.isArray(ring) && ring.every(Array.isArray) ? ring : undefined
  } catch {
    return undefined
  }
}

export const textOf = (line?: SiteRedLine | null) => (line?.corners ?? []).map((c) => `${c.longitude}, ${c.latitude}`).join('\n')

/** Square metres inside, as on a plane at the ring's own latitude: right to a tenth of a per cent for a parcel. */
export function enclosed(corners: Corner[]): number {
  const metre = 111_320
  const wide = metre * Math.cos((corners[0].latitude * Math.PI) / 180)
  const sum = corners.reduce((all, a, n) => {
    const b = corners[(n + 1) % corners.length]
    return all + (a.longitude - corners[0].longitude) * (b.latitude - corners[0].latitude) - (b.longitude - corners[0].longitude) * (a.latitude - corners[0].latitude)
  }, 0)
  return Math.round(Math.abs(sum / 2) * wide * metre)
}
