import { door, http } from '.'
import type { AnswerReport, ImportView, MergeShortlist, PhotoView, ReportSite, RewriteDraft, WriteDraft } from './schema'
import type { Query } from './typed'
import { upload, type ChosenFile } from '@/platform/file'
import { origin } from '@/platform/target'

/** What an investor looks for, as sites are weighed against it. */
export type SiteWish = Omit<Query<'get', '/map/comparisons'>, 'sites' | 'datum'>

// choosing
export const compareSites = (ids: string[], wish: SiteWish = {}) =>
  http.get('/map/comparisons', { query: { sites: ids.join(','), datum: 'gcj02', ...wish } })
export const dossierPath = (ids: string[], language: string) => `/map/dossiers?sites=${ids.join(',')}&language=${language}`
export const createShare = (site_ids: string[]) => http.post('/map/shares', { body: { site_ids } })
export const findShare = (id: string) => http.get('/map/shares/{id}', { path: { id } })
export const shareCode = (id: string) => `${origin}/api/v1/map/shares/${id}/code.svg`
export const photoAddress = (id: string) => `${origin}/api/v1/map/photos/${id}`
export const photoBytes = (id: string) => door.bytes(`/map/photos/${id}`)
export const reportSite = (id: string, body: ReportSite) => http.post('/map/sites/{id}/reports', { path: { id }, body })
export const siteReports = (id: string) => http.get('/map/sites/{id}/reports', { path: { id } })

// one's shortlist
export const fetchShortlist = () => http.get('/map/shortlist')
export const keepSite = (id: string, note: string | undefined, key: string) =>
  http.put('/map/shortlist/{id}', { path: { id }, body: { note }, key })
export const dropSite = (id: string, key: string) => http.delete('/map/shortlist/{id}', { path: { id }, key })
export const mergeShortlist = (items: MergeShortlist['items'], key: string) => http.post('/map/shortlist/merges', { body: { items }, key })

// keeping
export const showDesk = () => http.get('/map/desk')
export const listKeptSites = (query: Query<'get', '/map/desk/sites'>) => http.get('/map/desk/sites', { query })
export const siteContent = (id: string) => http.get('/map/sites/{id}/content', { path: { id } })
export const siteVersions = (id: string) => http.get('/map/sites/{id}/versions', { path: { id } })
export const checkSite = (id: string, key: string) => http.post('/map/sites/{id}/checks', { path: { id }, body: {}, key })
export const withdrawSite = (id: string, reason: string, key: string) =>
  http.post('/map/sites/{id}/withdrawals', { path: { id }, body: { reason }, key })
export const listDrafts = (query: Query<'get', '/map/drafts'>) => http.get('/map/drafts', { query })
export const findDraft = (id: string) => http.get('/map/drafts/{id}', { path: { id } })
export const writeDraft = (body: WriteDraft, key: string) => http.post('/map/drafts', { body, key })
export const rewriteDraft = (id: string, body: RewriteDraft, key: string) => http.put('/map/drafts/{id}', { path: { id }, body, key })
export const publishDraft = (id: string, key: string) => http.post('/map/drafts/{id}/publications', { path: { id }, body: {}, key })
export const returnDraft = (id: string, reason: string, key: string) =>
  http.post('/map/drafts/{id}/returns', { path: { id }, body: { reason }, key })
export const discardDraft = (id: string, key: string) => http.post('/map/drafts/{id}/discards', { path: { id }, body: {}, key })
export const uploadPhoto = (file: ChosenFile, key: string) => upload<PhotoView>('/map/photos', file, {}, key)
export const listReports = (query: Query<'get', '/map/reports'>) => http.get('/map/reports', { query })
export const answerReport = (id: string, body: AnswerReport, key: string) => http.post('/map/reports/{id}/answers', { path: { id }, body, key })

// by workbook
export const templatePath = (withSites: boolean) => `/map/imports/template?with_sites=${withSites}`
export const listImports = (query: Query<'get', '/map/imports'>) => http.get('/map/imports', { query })
export const findImport = (id: string) => http.get('/map/imports/{id}', { path: { id } })
export const checkImport = (file: ChosenFile, key: string) => upload<ImportView>('/map/imports', file, {}, key)
export const confirmImport = (id: string, key: string) =>
  http.post('/map/imports/{id}/confirmations', { path: { id }, body: {}, key, timeout: 60_000 })
export const publishImport = (id: string, key: string) =>
  http.post('/map/imports/{id}/publications', { path: { id }, body: {}, key, timeout: 120_000 })
export const undoImport = (id: string, key: string) => http.post('/map/imports/{id}/undoings', { path: { id }, body: {}, key })
