/** Figures, money, areas and times as people here read them. Times are always Beijing time. */
import { language, t } from '.'

const BEIJING = 8 * 3600_000
const two = (n: number) => String(n).padStart(2, '0')

function beijing(instant: string | number | Date): Date {
  return new Date(new Date(instant).getTime() + BEIJING)
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** "2026-11-24" of an instant, in Beijing. */
export function dayOf(instant: string | number | Date = Date.now()): string {
  return beijing(instant).toISOString().slice(0, 10)
}

/** The instant of a Beijing day ("2026-11-24") and time ("09:30"), as the API wants it. */
export function instantOf(day: string, time: string): string {
  return new Date(`${day}T${time}:00+08:00`).toISOString()
}

/** 2026-11-24 → 2026年11月24日 / 24 Nov 2026. Takes days and instants. */
export function formatDay(value?: string | null): string {
  if (!value) return ''
  const [y, m, d] = (value.length > 10 ? dayOf(value) : value).split('-').map(Number)
  return t('common.day_pattern', { y, m, d, month: MONTHS[m - 1] })
}

/** 周二 / Tue */
export function formatWeekday(value: string): string {
  const at = value.length > 10 ? beijing(value) : new Date(`${value}T00:00:00Z`)
  return t('common.weekdays').split(' ')[at.getUTCDay()]
}

/** 14:30, Beijing time */
export function formatTime(instant: string): string {
  const at = beijing(instant)
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
}

const offsetOf = (at: Date) => -at.getTimezoneOffset() * 60_000

/** Whether the reader's own clock differs from Beijing's at an instant. */
export const isAbroad = (instant: string | number = Date.now()) => offsetOf(new Date(instant)) !== BEIJING

/** 03:30 (UTC+1) by the reader's own clock, with the day when it is another than in Beijing; empty where clocks agree. */
export function formatOwnTime(instant?: string | null): string {
  if (!instant || !isAbroad(instant)) return ''
  const at = new Date(instant)
  const offset = offsetOf(at) / 3600_000
  const own = new Date(at.getTime() + offsetOf(at))
  const day = own.toISOString().slice(0, 10)
  const zone = `UTC${offset < 0 ? '−' : '+'}${formatNumber(Math.abs(offset), 2)}`
  return `${day === dayOf(instant) ? '' : `${formatDay(day)} `}${two(own.getUTCHours())}:${two(own.getUTCMinutes())} (${zone})`
}

/** 2026年11月24日 14:30 / 24 Nov 2026, 14:30 */
export function formatMoment(instant?: string | null): string {
  if (!instant) return ''
  return formatDay(instant) + (language.value === 'zh' ? ' ' : ', ') + formatTime(instant)
}

export function formatNumber(n: number, digits = 0): string {
  const [whole, part] = n.toFixed(digits).split('.')
  const fraction = part?.replace(/0+$/, '')
  return whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',') + (fraction ? `.${fraction}` : '')
}

/** Fen → 元, 万元 or 亿元; in English yuan or millions of yuan. */
export function formatMoney(fen?: number | null): string {
  if (fen === null || fen === undefined) return ''
  const yuan = fen / 100
  if (language.value === 'en') {
    return yuan >= 1e6 ? t('common.yi_yuan', { n: formatNumber(yuan / 1e6, 2) }) : t('common.yuan', { n: formatNumber(yuan, 2) })
  }
  if (yuan >= 1e8) return t('common.yi_yuan', { n: formatNumber(yuan / 1e8, 4) })
  if (yuan >= 1e4) return t('common.wan_yuan', { n: formatNumber(yuan / 1e4, 2) })
  return t('common.yuan', { n: formatNumber(yuan, 2) })
}

/** Land is read in mu (1 mu = 2000/3 m²), floors in square metres. English readers get square metres or hectares too. */
export function formatArea(m2: number | null | undefined, kind: 'land' | 'floor'): string {
  if (m2 === null || m2 === undefined) return ''
  if (kind === 'floor') return t('common.square_metres', { n: formatNumber(m2) })
  const mu = t('common.mu', { n: formatNumber((m2 * 3) / 2000, 1) })
  return language.value === 'zh' ? mu : `${formatNumber(m2 / 10_000, 1)} ha (${mu})`
}

export function formatLandPrice(fenPerMu?: number | null): string {
  if (!fenPerMu) return ''
  const n = language.value === 'zh' ? formatNumber(fenPerMu / 1e6, 2) : formatNumber(fenPerMu / 100)
  return t('common.wan_per_mu', { n })
}

export function formatRent(fenPerM2Month?: number | null): string {
  return fenPerM2Month ? t('common.yuan_per_month', { n: formatNumber(fenPerM2Month / 100, 2) }) : ''
}

/** Whole days from a Beijing day until now. */
export function daysSince(day: string): number {
  return Math.floor((Date.parse(dayOf()) - Date.parse(day.slice(0, 10))) / 86_400_000)
}

export function formatSize(bytes: number): string {
  return bytes >= 1_048_576 ? `${formatNumber(bytes / 1_048_576, 1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} kB`
}
