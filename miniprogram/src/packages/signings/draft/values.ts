/** Between the fields of a template and what people type: money in 万元, everything else as it is. */
import type { ProjectView, TemplateField } from '@/api/schema'
import type { FieldValues } from '@/api/signings'
import { pick, t } from '@/i18n'
import { term } from '@/i18n/terms'
import { fenOfWan, wanOfFen } from '@/money'

export type Typed = Record<string, string>

export function labelOf(field: TemplateField): string {
  const label = pick(field, 'label')
  if (field.kind === 'money') return t('signings.wan', { label })
  return field.kind === 'area' ? t('signings.square_metres', { label }) : label
}

export function typedOf(fields: TemplateField[], values: Record<string, unknown>): Typed {
  const show = (f: TemplateField) => (f.kind === 'money' ? wanOfFen(values[f.key] as number | null | undefined) : String(values[f.key] ?? ''))
  return Object.fromEntries(fields.map((f) => [f.key, show(f)]))
}

/** What the project already knows, under the names that templates use. */
export function valuesOf(p: ProjectView): FieldValues {
  return {
    project_name: p.name,
    enterprise_name: p.enterprise_name,
    credit_code: p.credit_code ?? '',
    site: p.site_name ?? '',
    industry: term('Industry', p.industry),
    intended_investment_fen: p.intended_investment_fen ?? null,
  }
}

function numberOf(field: TemplateField, text: string): number | undefined {
  if (field.kind === 'money') return fenOfWan(text)
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
const numeric = (f: TemplateField) => f.kind === 'money' || f.kind === 'area' || f.kind === 'integer'

/** Why a field cannot be sent as it is, or ''. */
export function mistakeIn(field: TemplateField, typed: string): string {
  const text = typed.trim()
  if (!text) return field.required ? t('common.required_missing', { field: pick(field, 'label') }) : ''
  if (field.max_length && text.length > field.max_length) return t('common.too_long', { n: field.max_length })
  if (!numeric(field)) return ''
  const n = numberOf(field, text)
  if (n === undefined) return t(field.kind === 'money' ? 'signings.amount_wrong' : 'signings.number_wrong')
  const shown = (limit: number) => (field.kind === 'money' ? wanOfFen(limit) : String(limit))
  if (typeof field.min === 'number' && n < field.min) return t('signings.too_small', { n: shown(field.min) })
  return typeof field.max === 'number' && n > field.max ? t('signings.too_big', { n: shown(field.max) }) : ''
}

/** What to send. Empty optional fields are left out. */
export function sent(fields: TemplateField[], typed: Typed): FieldValues {
  const values: FieldValues = {}
  for (const f of fields) {
    const text = (typed[f.key] ?? '').trim()
    if (text) values[f.key] = numeric(f) ? (numberOf(f, text) ?? null) : text
  }
  return values
}
