/** Between the fields of a template and what people type: money in 万元, rows of a table as a text, the rest as it is. */
import type { FieldColumn, ProjectView, TemplateCondition, TemplateField } from '@/api/schema'
import type { FieldRow, FieldValues } from '@/api/signings'
import { pick, t } from '@/i18n'
import { term } from '@/i18n/terms'
import { fenOfWan, wanOfFen } from '@/money'

export type Typed = Record<string, string>
type Simple = Pick<TemplateField, 'kind'> & Partial<TemplateField>

export function labelOf(field: TemplateField | FieldColumn): string {
  const label = pick(field, 'label')
  if (field.kind === 'money') return t('signings.wan', { label })
  if (field.kind === 'area') return t('signings.square_metres', { label })
  const unit = pick(field, 'unit')
  return unit ? t('templates.with_unit', { label, unit }) : label
}

const typedCell = (kind: TemplateField['kind'], value: unknown) =>
  kind === 'money' ? wanOfFen(value as number | null | undefined) : String(value ?? '')
/** Rows of a table as they are typed. */
export function typedRows(text: string): Typed[] {
  return text ? (JSON.parse(text) as Typed[]) : []
}

export function typedOf(fields: TemplateField[], values: Record<string, unknown>): Typed {
  const show = (f: TemplateField) => {
    const value = values[f.key]
    if (f.kind === 'yes_no') return value === undefined || value === null ? '' : value ? 'yes' : 'no'
    if (f.kind !== 'table') return typedCell(f.kind, value)
    const rows = (value as Record<string, unknown>[] | undefined) ?? []
    return rows.length ? JSON.stringify(rows.map((row) => Object.fromEntries((f.columns ?? []).map((c) => [c.key, typedCell(c.kind, row[c.key])])))) : ''
  }
  return Object.fromEntries(fields.map((f) => [f.key, show(f)]))
}

/** A value in words, for reading. */
export function shownOf(field: TemplateField, value: unknown): string {
  const text = typedOf([field], { [field.key]: value })[field.key]
  if (!text) return ''
  if (field.kind === 'yes_no') return t(text === 'yes' ? 'templates.yes' : 'templates.no')
  if (field.kind === 'party') return term('SigningSide', text)
  if (field.kind === 'choice') return pick((field.choices ?? []).find((c) => c.value === text), 'label') || text
  if (field.kind === 'table') return typedRows(text).map((row) => Object.values(row).filter(Boolean).join(' ')).join('; ')
  return text
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

function holds(when: TemplateCondition | null | undefined, typed: Typed): boolean {
  if (!when) return true
  const text = (typed[when.field] ?? '').trim()
  if (when.test === 'filled') return !!text
  return when.test === 'is' ? text === when.value : !!text && text !== when.value
}
/** The fields that are asked for, as things stand. */
export const askedOf = (fields: TemplateField[], typed: Typed) => fields.filter((f) => holds(f.when, typed))

function numberOf(field: Simple, text: string): number | undefined {
  if (field.kind === 'money') return fenOfWan(text)
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
const numeric = (f: Simple) => f.kind === 'money' || f.kind === 'area' || f.kind === 'integer'
const wrongNumber = (f: Simple) => t(f.kind === 'money' ? 'signings.amount_wrong' : 'signings.number_wrong')

/** Why a field cannot be sent as it is, or ''. */
export function mistakeIn(field: TemplateField, typed: string): string {
  const text = typed.trim()
  if (!text) return field.required ? t('common.required_missing', { field: pick(field, 'label') }) : ''
  if (field.kind === 'table') return mistakeInRows(field, typedRows(text))
  if (field.max_length && text.length > field.max_length) return t('common.too_long', { n: field.max_length })
  if (!numeric(field)) return ''
  const n = numberOf(field, text)
  if (n === undefined) return wrongNumber(field)
  const shown = (limit: number) => (field.kind === 'money' ? wanOfFen(limit) : String(limit))
  if (typeof field.min === 'number' && n < field.min) return t('signings.too_small', { n: shown(field.min) })
  return typeof field.max === 'number' && n > field.max ? t('signings.too_big', { n: shown(field.max) }) : ''
}

function mistakeInRows(field: TemplateField, rows: Typed[]): string {
  for (const row of rows) {
    if (!Object.values(row).some((cell) => cell.trim())) return t('templates.row_empty')
    const wrong = (field.columns ?? []).find((c) => numeric(c) && row[c.key]?.trim() && numberOf(c, row[c.key].trim()) === undefined)
    if (wrong) return `${pick(wrong, 'label')}: ${wrongNumber(wrong)}`
  }
  return ''
}

const sentCell = (f: Simple, text: string) => (numeric(f) ? (numberOf(f, text) ?? 0) : text)

/** What to send. Empty optional fields are left out. */
export function sent(fields: TemplateField[], typed: Typed): FieldValues {
  const values: FieldValues = {}
  for (const f of fields) {
    const text = (typed[f.key] ?? '').trim()
    if (!text) continue
    if (f.kind === 'yes_no') values[f.key] = text === 'yes'
    else if (f.kind === 'table') values[f.key] = typedRows(text).map((row) => sentRow(f, row))
    else values[f.key] = numeric(f) ? (numberOf(f, text) ?? null) : text
  }
  return values
}

function sentRow(field: TemplateField, row: Typed): FieldRow {
  const filled = (field.columns ?? []).filter((c) => row[c.key]?.trim())
  return Object.fromEntries(filled.map((c) => [c.key, sentCell(c, row[c.key].trim())]))
}
