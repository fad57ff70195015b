/** A template while it is written: what may be chosen, fresh keys, and back to what the server takes. */
import type { TemplateArticle, TemplateClause, TemplateCondition, TemplateContent, TemplateField } from '@/api/schema'
import { pick, t } from '@/i18n'
import type { Typed } from '../draft/values'
import { sent } from '../draft/values'

/** Errors of the server by the place that they speak of. */
export interface Faults {
  /** The sentence at exactly this place. */
  at: (place: string) => string
  /** Whether something at this place or inside it is wrong. */
  in: (place: string) => boolean
}

const given = (text?: string | null) => text?.trim() || undefined

/** A key that nothing bears yet. */
export function freshKey(start: string, taken: string[]): string {
  let n = taken.length + 1
  while (taken.includes(`${start}_${n}`)) n++
  return `${start}_${n}`
}
export const clauseKeys = (content: TemplateContent) => content.articles.flatMap((a) => a.clauses.map((c) => c.key))
export const emptyClause = (key: string): TemplateClause => ({ key, kind: 'text', text: '' })
export const emptyArticle = (key: string, clause: string): TemplateArticle => ({ key, heading: '', clauses: [emptyClause(clause)] })
export const emptyField = (key: string): TemplateField => ({ key, label: '', label_en: '', kind: 'text', required: true })

/** A text with labels in place of its placeholders. */
export function legible(text: string, fields: TemplateField[]): string {
  return text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, key) => {
    const field = fields.find((f) => f.key === key)
    if (field) return `〔${pick(field, 'label')}〕`
    return key === 'host' || key === 'investor' ? t(`templates.${key as 'host' | 'investor'}`) : whole
  })
}

/** Fields whose value a condition can ask for, and what it can be. */
export function valuesOfCondition(field: TemplateField | undefined): string[] {
  if (field?.kind === 'yes_no') return ['yes', 'no']
  return field?.kind === 'choice' ? (field.choices ?? []).map((c) => c.value) : []
}

export function move<T>(list: T[], n: number, by: 1 | -1) {
  const to = n + by
  if (to >= 0 && to < list.length) list.splice(to, 0, ...list.splice(n, 1))
}

function condition(when?: TemplateCondition | null): TemplateCondition | undefined {
  if (!when?.field) return undefined
  return when.test === 'filled' ? { field: when.field, test: 'filled' } : { field: when.field, test: when.test, value: when.value ?? undefined }
}

function clause(c: TemplateClause): TemplateClause {
  const base = { key: c.key, kind: c.kind, when: condition(c.when) }
  if (c.kind === 'text') return { ...base, text: given(c.text), text_en: given(c.text_en) }
  if (c.kind === 'pairs') return { ...base, rows: c.rows }
  return { ...base, field: given(c.field) }
}

function field(f: TemplateField): TemplateField {
  const words = f.kind === 'text' || f.kind === 'long_text'
  const number = f.kind === 'money' || f.kind === 'area' || f.kind === 'integer'
  return {
    key: f.key, label: f.label.trim(), label_en: f.label_en.trim(), kind: f.kind, required: f.required,
    max_length: words ? (f.max_length ?? undefined) : undefined,
    min: number ? (f.min ?? undefined) : undefined,
    max: number ? (f.max ?? undefined) : undefined,
    unit: f.kind === 'integer' ? given(f.unit) : undefined,
    unit_en: f.kind === 'integer' ? given(f.unit_en) : undefined,
    choices: f.kind === 'choice' ? (f.choices ?? []).map((c) => ({ value: c.value, label: c.label.trim(), label_en: c.label_en.trim() })) : undefined,
    columns: f.kind === 'table' ? f.columns : undefined,
    help: given(f.help), help_en: given(f.help_en), when: condition(f.when),
  }
}

/** What is sent: nothing empty, and of each kind only what belongs to it. */
export function contentOf(content: TemplateContent, samples: Typed): TemplateContent {
  const fields = content.fields.map(field)
  return {
    language: content.language, cover: content.cover, opening: given(content.opening), opening_en: given(content.opening_en),
    fields,
    articles: content.articles.map((a) => ({
      key: a.key, heading: given(a.heading), heading_en: given(a.heading_en), when: condition(a.when), clauses: a.clauses.map(clause),
    })),
    samples: sent(fields, samples),
  }
}

/** The first place that still lacks something, by the server's name of it; undefined when nothing does. */
export function lacking(content: TemplateContent): string | undefined {
  for (const [n, a] of content.articles.entries()) {
    for (const [m, c] of a.clauses.entries()) {
      if (c.kind === 'text' && !given(c.text)) return `content.articles[${n}].clauses[${m}].text`
      if ((c.kind === 'lines' || c.kind === 'table') && !given(c.field)) return `content.articles[${n}].clauses[${m}].field`
    }
  }
  for (const [n, f] of content.fields.entries()) {
    if (!given(f.label)) return `content.fields[${n}].label`
    if (!given(f.label_en)) return `content.fields[${n}].label_en`
    const bare = f.kind === 'choice' ? (f.choices ?? []).findIndex((c) => !given(c.label) || !given(c.label_en)) : -1
    if (bare >= 0) return `content.fields[${n}].choices[${bare}]`
  }
  return undefined
}
