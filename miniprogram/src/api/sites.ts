import { http } from '.'
import type {
  AnsweredReport, Comparison, ContentView, DeskView, DraftSummary, DraftView, ImportSummary, ImportView, KeptSite, Page, ReportView, ReportWhat,
  ShareView, ShortlistEntry, SiteContent, SiteWish, VersionView,
} from './contract'
import { upload, type ChosenFile } from '@/platform/file'
import { origin } from '@/platform/target'

const site = (id: string, act: string) => `/map/sites/${encodeURIComponent(id)}/${act}`
const draft = (id: string, act = '') => `/map/drafts/${id}${act && '/' + act}`

// choosing
export const compareSites = (ids: string[], wish: SiteWish = {}) =>
  http.get<Comparison>('/map/comparisons', { sites: ids.join(','), datum: 'gcj02', ...wish })
export const dossierPath = (ids: string[], language: string) => `/map/dossiers?sites=${ids.join(',')}&language=${language}`
export const createShare = (site_ids: string[]) => http.post<ShareView>('/map/shares', { site_ids })
export const findShare = (id: string) => http.get<ShareView>(`/map/shares/${encodeURIComponent(id)}`)
export const shareCode = (id: string) => `${origin}/api/v1/map/shares/${id}/code.svg`
export const photoAddress = (id: string) => `${origin}/api/v1/map/photos/${id}`
export const photoBytes = (id: string) => http.bytes(`/map/photos/${id}`)
export const reportSite = (id: string, body: { what: ReportWhat; words?: string }) =>
  http.post<{ reported_on: string }>(site(id, 'reports'), body)
export const siteReports = (id: string) => http.get<{ items: AnsweredReport[] }>(site(id, 'reports'))

// one's shortlist
export const fetchShortlist = () => http.get<{ items: ShortlistEntry[] }>('/map/shortlist')
export const keepSite = (id: string, note: string | undefined, key: string) =>
  http.put<{ items: ShortlistEntry[] }>(`/map/shortlist/${encodeURIComponent(id)}`, { note }, key)
export const dropSite = (id: string, key: string) => http.delete(`/map/shortlist/${encodeURIComponent(id)}`, key)
export const mergeShortlist = (items: { site_id: string; note?: string }[], key: string) =>
  http.post<{ items: ShortlistEntry[] }>('/map/shortlist/merges', { items }, key)

// keeping
export const showDesk = () => http.get<DeskView>('/map/desk')
export const listKeptSites = (query: { stale?: boolean; cursor?: string }) => http.get<Page<KeptSite>>('/map/desk/sites', query)
export const siteContent = (id: string) => http.get<ContentView>(site(id, 'content'))
export const siteVersions = (id: string) => http.get<{ items: VersionView[] }>(site(id, 'versions'))
export const checkSite = (id: string, key: string) => http.post<{ checked_on: string }>(site(id, 'checks'), {}, key)
export const withdrawSite = (id: string, reason: string, key: string) =>
  http.post<{ items: VersionView[] }>(site(id, 'withdrawals'), { reason }, key)
export const listDrafts = (query: { state?: string; cursor?: string }) => http.get<Page<DraftSummary>>('/map/drafts', query)
export const findDraft = (id: string) => http.get<DraftView>(draft(id))
export const writeDraft = (body: { site_id?: string; content: SiteContent; note?: string }, key: string) =>
  http.post<DraftView>('/map/drafts', body, key)
export const rewriteDraft = (id: string, body: { content: SiteContent; note?: string }, key: string) =>
  http.put<DraftView>(draft(id), body, key)
export const publishDraft = (id: string, key: string) => http.post<DraftView>(draft(id, 'publications'), {}, key)
export const returnDraft = (id: string, reason: string, key: string) => http.post<DraftView>(draft(id, 'returns'), { reason }, key)
export const discardDraft = (id: string, key: string) => http.post<DraftView>(draft(id, 'discards'), {}, key)
export const uploadPhoto = (file: ChosenFile, key: string) => upload<{ file_id: string }>('/map/photos', file, {}, key)
export const listReports = (query: { state?: string; cursor?: string }) => http.get<Page<ReportView>>('/map/reports', query)
export const answerReport = (id: string, body: { outcome: string; answer: string }, key: string) =>
  http.post<ReportView>(`/map/reports/${id}/answers`, body, key)

// by workbook
export const templatePath = (withSites: boolean) => `/map/imports/template?with_sites=${withSites}`
export const listImports = (query: { cursor?: string }) => http.get<Page<ImportSummary>>('/map/imports', query)
export const findImport = (id: string) => http.get<ImportView>(`/map/imports/${id}`)
export const checkImport = (file: ChosenFile, key: string) => upload<ImportView>('/map/imports', file, {}, key)
export const confirmImport = (id: string, key: string) => http.post<ImportView>(`/map/imports/${id}/confirmations`, {}, key, { timeout: 60_000 })
export const publishImport = (id: string, key: string) => http.post<ImportView>(`/map/imports/${id}/publications`, {}, key, { timeout: 120_000 })
export const undoImport = (id: string, key: string) => http.post<ImportView>(`/map/imports/${id}/undoings`, {}, key)
