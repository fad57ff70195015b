/** A chain while it is written: every field a text, and back to what the server takes. */
import type { ChainContent, ChainLink, Industry, LocalEnterprise } from '@/api/schema'

export interface LocalForm {
  feature_id: string
  name: string
  source: string
  source_on: string
}
export interface LinkForm {
  place: ChainLink['place']
  name: string
  name_en: string
  gap: boolean
  gap_note: string
  locals: LocalForm[]
}
export interface ChainForm {
  name: string
  name_en: string
  industry: string
  basis: string
  basis_on: string
  links: LinkForm[]
}

export const emptyLink = (place: ChainLink['place']): LinkForm => ({ place, name: '', name_en: '', gap: false, gap_note: '', locals: [] })

export function formOf(content?: ChainContent): ChainForm {
  return {
    name: content?.name ?? '',
    name_en: content?.name_en ?? '',
    industry: content?.industry ?? '',
    basis: content?.basis ?? '',
    basis_on: content?.basis_on ?? '',
    links: (content?.links ?? []).map((l) => ({
      ...emptyLink(l.place),
      name: l.name,
      name_en: l.name_en ?? '',
      gap: l.gap,
      gap_note: l.gap_note ?? '',
      locals: l.locals.map((one) => ({ feature_id: one.feature_id ?? '', name: one.name ?? '', source: one.source ?? '', source_on: one.source_on ?? '' })),
    })),
  }
}

const given = (text: string) => text.trim() || undefined
const local = (one: LocalForm): LocalEnterprise =>
  one.feature_id ? { feature_id: one.feature_id } : { name: one.name.trim(), source: one.source.trim(), source_on: one.source_on }

export function contentOf(form: ChainForm): ChainContent {
  return {
    name: form.name.trim(),
    name_en: given(form.name_en),
    industry: form.industry as Industry,
    basis: form.basis.trim(),
    basis_on: form.basis_on || undefined,
    links: form.links.map((l) => ({
      place: l.place,
      name: l.name.trim(),
      name_en: given(l.name_en),
      gap: l.gap,
      gap_note: l.gap ? given(l.gap_note) : undefined,
      locals: l.locals.map(local),
    })),
  }
}

/** Whether a link lacks something or says what another says. */
export function wrongLink(form: ChainForm, n: number): boolean {
  const link = form.links[n]
  const name = link.name.trim()
  return !name || twice(form, n) || link.locals.some((one) => !one.feature_id && !(one.name.trim() && one.source.trim() && one.source_on))
}
export const twice = (form: ChainForm, n: number) =>
  form.links.some((other, m) => m !== n && !!form.links[n].name.trim() && other.name.trim() === form.links[n].name.trim())
