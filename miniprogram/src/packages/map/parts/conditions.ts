/** What is known of a site, as label and value, in the order of the card; one list for card, table and review. */
import type { SiteRedLine, SiteSupply, SiteView } from '@/api/schema'
import { pick, t, type MessageKey } from '@/i18n'
import { formatArea, formatDay, formatLandPrice, formatNumber, formatRent } from '@/i18n/format'
import { term } from '@/i18n/terms'

export interface Condition {
  key: string
  label: string
  value: string
}

export function conditionsOf(s: SiteView): Condition[] {
  const row = (key: string, label: MessageKey, value: string) => ({ key, label: t(label), value })
  return [
    row('area', 'map.area', formatArea(s.area_m2, s.kind === 'factory_building' ? 'floor' : 'land')),
    row('price', 'map.price', formatLandPrice(s.price_fen_per_mu)),
    row('rent', 'map.rent', formatRent(s.rent_fen_per_m2_month)),
    row('industry', 'map.industry', s.industries.map((i) => term('Industry', i)).join(t('common.comma'))),
    row('park', 'map.in_park', pick(s, 'park_name')),
    row('zoning', 'map.zoning', pick(s, 'zoning')),
    row('plot_ratio', 'map.plot_ratio', s.plot_ratio ? String(s.plot_ratio) : ''),
    row('tenure', 'map.tenure', s.tenure_years ? t('map.years', { n: s.tenure_years }) : ''),
    row('floors', 'map.floors', s.floors ? String(s.floors) : ''),
    row('clear_height', 'map.clear_height', s.clear_height_cm ? `${formatNumber(s.clear_height_cm / 100, 2)} m` : ''),
    row('span', 'map.span', s.span_cm ? `${formatNumber(s.span_cm / 100, 2)} m` : ''),
    row('hoist', 'map.hoist', s.hoist_kg ? `${formatNumber(s.hoist_kg / 1000, 2)} t` : ''),
    row('floor_load', 'map.floor_load', s.floor_load_kg_m2 ? `${formatNumber(s.floor_load_kg_m2)} kg/m²` : ''),
    row('power', 'map.power', s.power_kva ? `${formatNumber(s.power_kva)} kVA` : ''),
    row('free_from', 'map.free_from', formatDay(s.free_from)),
  ]
}

/** The fields of a site in the order of the form. */
export const fields: string[] = [
  'kind', 'unit_id', 'park_id', 'name', 'name_en', 'status', 'longitude', 'latitude', 'datum', 'precision', 'position_note', 'industries', 'area_m2',
  'price_fen_per_mu', 'rent_fen_per_m2_month', 'zoning', 'plot_ratio_hundredths', 'tenure_years', 'floors', 'clear_height_cm', 'span_cm', 'hoist_kg',
  'floor_load_kg_m2', 'power_kva', 'free_from', 'summary', 'summary_en', 'facts', 'utilities', 'red_line', 'source', 'source_on', 'photos',
]
export const fieldLabel = (field: string) => t(`sites.f_${field}` as MessageKey)

/** How figures are typed and read: the kept unit is so many times smaller. */
export const scales: Record<string, number> = {
  price_fen_per_mu: 1_000_000, rent_fen_per_m2_month: 100, clear_height_cm: 100, span_cm: 100, hoist_kg: 1000, plot_ratio_hundredths: 100,
}

function supplyInWords(s: SiteSupply): string {
  const unit = t(`sites.unit_${s.utility}` as MessageKey)
  return s.available === null || s.available === undefined ? term('Utility', s.utility) : `${term('Utility', s.utility)} ${formatNumber(s.available)} ${unit}`
}

const terms: Record<string, string> = { kind: 'SiteKind', status: 'SiteStatus', datum: 'Datum', precision: 'Precision' }

/** A field's value in words. */
export function inWords(field: string, value: unknown, unit: (id: string) => string): string {
  if (value === null || value === undefined || value === '') return ''
  const name = terms[field]
  if (name) return term(name, String(value))
  if (field === 'unit_id' || field === 'park_id') return unit(String(value))
  if (field === 'industries') return (value as string[]).map((i) => term('Industry', i)).join(t('common.comma'))
  if (field === 'photos') return (value as unknown[]).length ? `${(value as unknown[]).length}` : ''
  if (field === 'utilities') return (value as SiteSupply[]).map(supplyInWords).join(t('common.comma'))
  if (field === 'red_line') return (value as SiteRedLine).corners.length ? t('sites.red_line_has', { n: (value as SiteRedLine).corners.length, source: (value as SiteRedLine).source }) : ''
  if (field === 'facts') return (value as { label: string; value: string }[]).map((f) => `${f.label} ${f.value}`).join(t('common.comma'))
  if (field === 'free_from' || field === 'source_on') return formatDay(String(value))
  if (typeof value === 'number') {
    const precise = field === 'longitude' || field === 'latitude' ? 6 : 2
    return formatNumber(value / (scales[field] ?? 1), precise)
  }
  return String(value)
}
