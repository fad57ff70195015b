import { door, http } from '.'
import { upload, type ChosenFile } from '@/platform/file'
import { origin } from '@/platform/target'
import type { MediumView, RewritePageVersion, StartPageVersion } from './schema'
import { query } from '@/platform/link'
import type { Query } from './typed'

export const listPages = (query: Query<'get', '/content/pages'>) => http.get('/content/pages', { query })
export const findPage = (slug: string) => http.get('/content/pages/{slug}', { path: { slug } })
export const matchPolicies = (query: Query<'get', '/content/policy-matches'>) => http.get('/content/policy-matches', { query })
export const findWithdrawal = (slug: string) => http.get('/content/withdrawals/{slug}', { path: { slug } })

export const listPageVersions = (query: Query<'get', '/content/versions'>) => http.get('/content/versions', { query })
export const findPageVersion = (id: string) => http.get('/content/versions/{id}', { path: { id } })
export const comparePageVersions = (id: string, from?: string) => http.get('/content/versions/{id}/differences', { path: { id }, query: { from } })
export const startPageVersion = (body: StartPageVersion, key: string) => http.post('/content/versions', { body, key })
export const rewritePageVersion = (id: string, body: RewritePageVersion, key: string) => http.put('/content/versions/{id}', { path: { id }, body, key })
export const submitPageVersion = (id: string, content_sha256: string, key: string) =>
  http.post('/content/versions/{id}/submissions', { path: { id }, body: { content_sha256 }, key })
export const publishPageVersion = (id: string, content_sha256: string, key: string) =>
  http.post('/content/versions/{id}/publications', { path: { id }, body: { content_sha256 }, key })
export const returnPageVersion = (id: string, reason: string, key: string) =>
  http.post('/content/versions/{id}/returns', { path: { id }, body: { reason }, key })
export const discardPageVersion = (id: string, reason: string, key: string) =>
  http.post('/content/versions/{id}/discards', { path: { id }, body: { reason }, key })
export const withdrawPage = (id: string, reason: string, key: string) =>
  http.post('/content/versions/{id}/withdrawals', { path: { id }, body: { reason }, key })

export const uploadPageMedium = (file: ChosenFile, key: string) => upload<MediumView>('/content/media', file, {}, key)
/** Where everybody finds it once it is published. */
export const mediumAddress = (sha256: string) => `${origin}/media/${sha256}`
export const mediumBytes = (sha256: string) => door.bytes(`/content/media/${sha256}`)

export const showPersonalGuide = (query: Query<'get', '/content/personal-guide'>) => http.get('/content/personal-guide', { query })
/** The same on paper. */
export const personalGuidePath = (answers: Record<string, string | number>, language: string) => `/content/personal-guide/paper?${query({ ...answers, language })}`
