/** A guide or policy while it is written: every field a text, and back to what the server takes. */
import type { CapitalOrigin, MediumKind, PageContent, PageMedium, PolicyAspect, PolicyBenefit, PolicyCondition, SiteNeed, Step } from '@/api/schema'
import { fenOfWan, wanOfFen } from '@/money'

const stepTexts = ['title', 'title_en', 'owner', 'owner_en', 'cost', 'cost_en', 'legal_basis', 'legal_basis_en', 'complaint', 'complaint_en', 'note', 'note_en'] as const
export type StepText = (typeof stepTexts)[number]
export type StepForm = Record<StepText, string> & { days: string; documents: string; documents_en: string; origins: CapitalOrigin[]; needs: SiteNeed[] }
export interface ConditionForm {
  aspect: PolicyAspect
  any_of: string[]
  at_least: string
  clause: string
  clause_en: string
}
export interface TierForm {
  from: string
  fixed: string
  share: string
}
export interface BenefitForm {
  name: string
  name_en: string
  clause: string
  clause_en: string
  tiers: TierForm[]
  cap: string
}
export interface TermsForm {
  from_on: string
  to_on: string
  conditions: ConditionForm[]
  benefits: BenefitForm[]
}
const mediumTexts = ['title', 'title_en', 'words', 'words_en'] as const
export type MediumText = (typeof mediumTexts)[number]
/** `captions` is the hash of a file that was uploaded, or nothing. */
export type MediumForm = Record<MediumText, string> & { sha256: string; kind: MediumKind; captions: string }
const pageTexts = ['title', 'title_en', 'summary', 'summary_en', 'body_md', 'body_md_en', 'source', 'source_en', 'source_url', 'source_on', 'document_no', 'issuer', 'issuer_en'] as const
export type PageText = (typeof pageTexts)[number]
export type PageForm = Record<PageText, string> & { sort: string; personal: boolean; steps: StepForm[]; terms: TermsForm; reckoned: boolean; media: MediumForm[] }

export const emptyStep = (): StepForm => ({ ...(Object.fromEntries(stepTexts.map((name) => [name, ''])) as Record<StepText, string>), days: '', documents: '', documents_en: '', origins: [], needs: [] })
export const emptyCondition = (): ConditionForm => ({ aspect: 'industry', any_of: [], at_least: '', clause: '', clause_en: '' })
export const emptyTier = (): TierForm => ({ from: '0', fixed: '0', share: '0' })
export const emptyBenefit = (): BenefitForm => ({ name: '', name_en: '', clause: '', clause_en: '', tiers: [emptyTier()], cap: '' })

export const emptyMedium = (sha256: string, kind: MediumKind): MediumForm => ({ sha256, kind, title: '', title_en: '', words: '', words_en: '', captions: '' })

const stepForm = (step: Step): StepForm => ({
  ...(Object.fromEntries(stepTexts.map((name) => [name, step[name] ?? ''])) as Record<StepText, string>),
  days: step.days ? String(step.days) : '',
  documents: step.documents.join('\n'),
  documents_en: (step.documents_en ?? []).join('\n'),
  origins: [...(step.origins ?? [])],
  needs: [...(step.needs ?? [])],
})
const conditionForm = (c: PolicyCondition): ConditionForm => ({
  aspect: c.aspect, any_of: [...(c.any_of ?? [])], at_least: wanOfFen(c.at_least_fen), clause: c.clause, clause_en: c.clause_en ?? '',
})
const benefitForm = (b: PolicyBenefit): BenefitForm => ({
  name: b.name, name_en: b.name_en ?? '', clause: b.clause, clause_en: b.clause_en ?? '', cap: wanOfFen(b.cap_fen),
  tiers: b.tiers.map((tier) => ({ from: wanOfFen(tier.from_fen), fixed: wanOfFen(tier.fixed_fen), share: String(tier.share_hundredths_percent / 100) })),
})

const mediumForm = (m: PageMedium): MediumForm => ({ ...emptyMedium(m.sha256, m.kind), title: m.title, title_en: m.title_en ?? '', words: m.words, words_en: m.words_en ?? '', captions: m.captions ?? '' })

export function formOf(content?: PageContent): PageForm {
  const terms = content?.terms
  return {
    ...(Object.fromEntries(pageTexts.map((name) => [name, content?.[name] ?? ''])) as Record<PageText, string>),
    sort: String(content?.sort ?? 100),
    personal: content?.in_personal_guide ?? false,
    steps: (content?.steps ?? []).map(stepForm),
    media: (content?.media ?? []).map(mediumForm),
    reckoned: !!terms,
    terms: {
      from_on: terms?.from_on ?? '', to_on: terms?.to_on ?? '',
      conditions: (terms?.conditions ?? []).map(conditionForm), benefits: (terms?.benefits ?? []).map(benefitForm),
    },
  }
}

const given = (text: string) => text.trim() || undefined
const lines = (text: string) => text.split('\n').map((line) => line.trim()).filter(Boolean)
export const shareOf = (text: string): number | undefined => {
  const trimmed = text.trim()
  if (!/^\d{1,3}(\.\d{1,2})?$/.test(trimmed) || Number(trimmed) > 100) return undefined
  return Math.round(Number(trimmed) * 100)
}
export const wholeOf = (text: string, least: number, most: number): number | undefined => {
  const n = Number(text.trim())
  return /^\d{1,5}$/.test(text.trim()) && n >= least && n <= most ? n : undefined
}

const step = (form: StepForm): Step => ({
  title: form.title.trim(), owner: form.owner.trim(), days: wholeOf(form.days, 1, 3650), documents: lines(form.documents), documents_en: lines(form.documents_en),
  ...Object.fromEntries(stepTexts.filter((name) => name !== 'title' && name !== 'owner').map((name) => [name, given(form[name])])),
  origins: form.origins, needs: form.needs,
})
const medium = (form: MediumForm): PageMedium => ({
  sha256: form.sha256, kind: form.kind, title: form.title.trim(), title_en: given(form.title_en), words: form.words.trim(), words_en: given(form.words_en),
  captions: form.kind === 'film' ? given(form.captions) : undefined,
})
const condition = (form: ConditionForm): PolicyCondition => ({
  aspect: form.aspect, clause: form.clause.trim(), clause_en: given(form.clause_en),
  ...(form.aspect === 'investment' ? { any_of: [], at_least_fen: fenOfWan(form.at_least) } : { any_of: form.any_of }),
})
const benefit = (form: BenefitForm): PolicyBenefit => ({
  name: form.name.trim(), name_en: given(form.name_en), clause: form.clause.trim(), clause_en: given(form.clause_en), cap_fen: given(form.cap) ? fenOfWan(form.cap) : undefined,
  tiers: form.tiers.map((tier) => ({ from_fen: fenOfWan(tier.from) ?? 0, fixed_fen: fenOfWan(tier.fixed) ?? 0, share_hundredths_percent: shareOf(tier.share) ?? 0 })),
})

/** What is sent: nothing empty, and terms only of a policy that can be reckoned with. */
export function contentOf(form: PageForm, policy: boolean): PageContent {
  return {
    title: form.title.trim(), title_en: given(form.title_en), summary: form.summary.replace(/\s+/g, ' ').trim(), summary_en: given(form.summary_en.replace(/\s+/g, ' ')),
    body_md: form.body_md.trim(), body_md_en: given(form.body_md_en),
    steps: form.steps.map(step),
    source: form.source.trim(), source_en: given(form.source_en), source_url: given(form.source_url), source_on: form.source_on,
    document_no: given(form.document_no), issuer: given(form.issuer), issuer_en: given(form.issuer_en),
    media: form.media.length ? form.media.map(medium) : undefined,
    sort: wholeOf(form.sort, 0, 9999) ?? 0, in_personal_guide: form.personal,
    terms: policy && form.reckoned
      ? { from_on: form.terms.from_on, to_on: given(form.terms.to_on), conditions: form.terms.conditions.map(condition), benefits: form.terms.benefits.map(benefit) }
      : undefined,
  }
}

/** What is missing or no number, by the server's name of its place. */
export function lacking(form: PageForm, policy: boolean): string[] {
  const wrong: string[] = []
  const ask = (ok: unknown, place: string) => ok || wrong.push(`content.${place}`)
  for (const name of ['title', 'summary', 'body_md', 'source', 'source_on'] as const) ask(form[name].trim(), name)
  ask(!form.source_url.trim() || /^https?:\/\/\S+$/.test(form.source_url.trim()), 'source_url')
  ask(wholeOf(form.sort, 0, 9999) !== undefined, 'sort')
  form.steps.forEach((one, n) => {
    ask(one.title.trim(), `steps[${n}].title`)
    ask(one.owner.trim(), `steps[${n}].owner`)
    ask(!one.days.trim() || wholeOf(one.days, 1, 3650), `steps[${n}].days`)
  })
  form.media.forEach((one, n) => {
    ask(one.title.trim(), `media[${n}].title`)
    ask(one.words.trim(), `media[${n}].words`)
  })
  if (!policy || !form.reckoned) return wrong
  ask(form.terms.from_on, 'terms.from_on')
  form.terms.conditions.forEach((one, n) => {
    ask(one.clause.trim(), `terms.conditions[${n}].clause`)
    if (one.aspect === 'investment') ask(fenOfWan(one.at_least) !== undefined, `terms.conditions[${n}].at_least_fen`)
    else ask(one.any_of.length, `terms.conditions[${n}].any_of`)
  })
  form.terms.benefits.forEach((one, n) => {
    ask(one.name.trim(), `terms.benefits[${n}].name`)
    ask(one.clause.trim(), `terms.benefits[${n}].clause`)
    ask(!one.cap.trim() || fenOfWan(one.cap) !== undefined, `terms.benefits[${n}].cap_fen`)
    one.tiers.forEach((tier, m) => {
      ask(fenOfWan(tier.from) !== undefined, `terms.benefits[${n}].tiers[${m}].from_fen`)
      ask(fenOfWan(tier.fixed) !== undefined, `terms.benefits[${n}].tiers[${m}].fixed_fen`)
      ask(shareOf(tier.share) !== undefined, `terms.benefits[${n}].tiers[${m}].share_hundredths_percent`)
    })
  })
  return wrong
}
export function move<T>(list: T[], n: number, by: 1 | -1) {
  const to = n + by
  if (to >= 0 && to < list.length) list.splice(to, 0, ...list.splice(n, 1))
}

/** Errors by the place that they speak of. */
export interface Faults {
  /** The sentence at exactly this place. */
  at: (place: string) => string
  /** Whether something at this place or inside it is wrong. */
  in: (place: string) => boolean
}
