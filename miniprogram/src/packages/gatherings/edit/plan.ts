/** A plan as the form holds it, and back: times of Beijing, lists as lines of text. */
import type { AnswerKind, FormQuestion, PlanGathering } from '@/api/schema'
import { dayOf, formatTime, instantOf } from '@/i18n/format'

export interface QuestionForm { label: string; label_en: string; kind: AnswerKind; required: boolean; choices: string }
export interface PlanForm {
  title: string; title_en: string; summary: string; summary_en: string
  place: string; place_en: string; live_url: string
  day: string; starts: string; end_day: string; ends: string; close_day: string; closes: string
  capacity: string; firm_limit: string
  agenda: string; releases: string
  sites: string[]
  questions: QuestionForm[]
  contact_name: string; contact_phone: string
}

export function freshForm(contact: string): PlanForm {
  const day = dayOf(Date.now() + 14 * 86_400_000)
  return {
    title: '', title_en: '', summary: '', summary_en: '', place: '', place_en: '', live_url: '',
    day, starts: '09:30', end_day: day, ends: '11:30', close_day: dayOf(Date.now() + 13 * 86_400_000), closes: '18:00',
    capacity: '100', firm_limit: '3', agenda: '', releases: '', sites: [], questions: [], contact_name: contact, contact_phone: '',
  }
}

const clock = /^([01]\d|2[0-3]):[0-5]\d$/
export const isClock = (text: string) => clock.test(text.trim())

/** Lines of `|`-separated parts, blank ones left out. */
const rows = (text: string) => text.split('\n').map((line) => line.split('|').map((part) => part.trim())).filter((parts) => parts.some(Boolean))
const or = (text?: string) => text?.trim() || undefined
const choicesOf = (text: string) => text.split(/[、/\n]/).map((label) => label.trim()).filter(Boolean)

/** A line of the agenda: time (with month and day when it is another day), title, speaker, and both in English. */
function point(parts: string[], form: PlanForm) {
  const [time, title, speaker, title_en, speaker_en] = parts
  const other = time.match(/^(\d{2})-(\d{2})\s+(\d{2}:\d{2})$/)
  const year = Number(form.day.slice(0, 4))
  const inYear = (y: number) => `${y}-${other?.[1]}-${other?.[2]}`
  // What comes before the first day belongs to the next year.
  const day = !other ? form.day : inYear(inYear(year) < form.day ? year + 1 : year)
  return { at: instantOf(day, other ? other[3] : time), title, title_en: or(title_en), speaker: or(speaker), speaker_en: or(speaker_en) }
}

/** Lines of the agenda that cannot be read. */
export const agendaIsWrong = (form: PlanForm) => rows(form.agenda).some(([time, title]) => !title || !(isClock(time) || /^\d{2}-\d{2}\s+\d{2}:\d{2}$/.test(time)))
export const questionIsWrong = (q: QuestionForm) => {
  const choices = choicesOf(q.choices)
  return !q.label.trim() || (q.kind === 'choice' && (choices.length < 2 || choices.length > 10))
}

export function planOf(form: PlanForm, siteName: (id: string) => string): PlanGathering {
  const questions: FormQuestion[] = form.questions.map((q) => ({
    label: q.label.trim(), label_en: or(q.label_en), kind: q.kind, required: q.required,
    choices: q.kind === 'choice' ? choicesOf(q.choices).map((label) => ({ label })) : [],
  }))
  const projects = rows(form.releases).map(([title, title_en]) => ({ title, title_en: or(title_en) }))
  return {
    title: form.title.trim(), title_en: or(form.title_en), summary: form.summary.trim(), summary_en: or(form.summary_en),
    place: or(form.place), place_en: or(form.place_en), live_url: or(form.live_url),
    starts_at: instantOf(form.day, form.starts.trim()), ends_at: instantOf(form.end_day, form.ends.trim()), closes_at: instantOf(form.close_day, form.closes.trim()),
    capacity: Number(form.capacity), firm_limit: Number(form.firm_limit),
    agenda: rows(form.agenda).map((parts) => point(parts, form)),
    releases: [...projects, ...form.sites.map((site_id) => ({ title: siteName(site_id), site_id }))],
    questions, contact_name: form.contact_name.trim(), contact_phone: form.contact_phone.trim(),
  }
}

export function formOf(plan: PlanGathering): PlanForm {
  const day = dayOf(plan.starts_at)
  const line = (...parts: (string | null | undefined)[]) => parts.map((part) => part ?? '').join(' | ').replace(/(\s\|\s*)+$/, '')
  const time = (at: string) => (dayOf(at) === day ? formatTime(at) : `${dayOf(at).slice(5)} ${formatTime(at)}`)
  return {
    title: plan.title, title_en: plan.title_en ?? '', summary: plan.summary, summary_en: plan.summary_en ?? '',
    place: plan.place ?? '', place_en: plan.place_en ?? '', live_url: plan.live_url ?? '',
    day, starts: formatTime(plan.starts_at), end_day: dayOf(plan.ends_at), ends: formatTime(plan.ends_at),
    close_day: dayOf(plan.closes_at), closes: formatTime(plan.closes_at),
    capacity: String(plan.capacity), firm_limit: String(plan.firm_limit),
    agenda: plan.agenda.map((p) => line(time(p.at), p.title, p.speaker, p.title_en, p.speaker_en)).join('\n'),
    releases: plan.releases.filter((r) => !r.site_id).map((r) => line(r.title, r.title_en)).join('\n'),
    sites: plan.releases.flatMap((r) => r.site_id ?? []),
    questions: plan.questions.map((q) => ({ label: q.label, label_en: q.label_en ?? '', kind: q.kind, required: q.required, choices: q.choices.map((c) => c.label).join('、') })),
    contact_name: plan.contact_name, contact_phone: plan.contact_phone,
  }
}
