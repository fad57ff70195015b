import { door, http } from '.'
import { upload, type ChosenFile } from '@/platform/file'
import type { AgreementView, AnswerRound, CreateAgreement, CreateTemplate, DecideApproval, DecideTemplateVersion, FollowAgreement, RecordReading, RewriteTemplateVersion, SignAgreement, VerdictView } from './schema'
import type { Query } from './typed'

export type FieldRow = Record<string, string | number>
export type FieldValues = Record<string, string | number | boolean | FieldRow[] | null>

export const listTemplates = () => http.get('/signings/templates')
export const draftAgreement = (body: CreateAgreement, key: string) => http.post('/signings/agreements', { body, key })
export const updateAgreement = (id: string, values: FieldValues, key: string) =>
  http.put('/signings/agreements/{id}', { path: { id }, body: { values }, key })
export const listAgreements = (query: Query<'get', '/signings/agreements'> = {}) => http.get('/signings/agreements', { query })
export const findAgreement = (id: string) => http.get('/signings/agreements/{id}', { path: { id } })
/** Where the PDF is; for `showFile` of platform/file or `documentBytes`. */
export const documentPath = (id: string, revision?: number) =>
  `/signings/agreements/${id}/document` + (revision === undefined ? '' : `?revision=${revision}`)
/** The text as a round of the negotiation worded it. */
export const roundPath = (id: string, round: number) => `/signings/agreements/${id}/document?round=${round}`
export const documentBytes = (id: string, revision?: number) => door.bytes(documentPath(id, revision))
export const addAnnex = (id: string, file: ChosenFile, key: string) => upload<AgreementView>(`/signings/agreements/${id}/annexes`, file, {}, key)
export const annexPath = (id: string) => `/signings/annexes/${id}`
export const dropAnnex = (id: string, key: string) => http.post('/signings/annexes/{id}/removals', { path: { id }, body: {}, key })
export const dispatchAgreement = (id: string, sign_within_days: number | undefined, key: string) =>
  http.post('/signings/agreements/{id}/dispatches', { path: { id }, body: { sign_within_days }, key })
/** The words of the locked text, for the screen. */
export const findAgreementText = (id: string) => http.get('/signings/agreements/{id}/text', { path: { id } })
export const recordReading = (id: string, body: RecordReading, key: string) =>
  http.post('/signings/agreements/{id}/readings', { path: { id }, body, key })
export const requestChallenge = (id: string, document_sha256: string, key: string) =>
  http.post('/signings/agreements/{id}/challenges', { path: { id }, body: { document_sha256 }, key })
export const signAgreement = (id: string, body: SignAgreement, key: string) =>
  http.post('/signings/agreements/{id}/signatures', { path: { id }, body, key, timeout: 60_000 })
export const refuseAgreement = (id: string, reason: string, key: string) =>
  http.post('/signings/agreements/{id}/refusals', { path: { id }, body: { reason }, key })
export const revokeAgreement = (id: string, reason: string, key: string) =>
  http.post('/signings/agreements/{id}/revocations', { path: { id }, body: { reason }, key })
/** Where a party signs at the service outside. */
export const findSigningWay = (id: string) => http.get('/signings/agreements/{id}/signing-way', { path: { id } })
export const restartFlow = (id: string, key: string) =>
  http.post('/signings/agreements/{id}/flow-restarts', { path: { id }, body: {}, key })
export const shareAgreement = (id: string, key: string) => http.post('/signings/agreements/{id}/shares', { path: { id }, body: {}, key })
export const remindSigners = (id: string, key: string) =>
  http.post('/signings/agreements/{id}/reminders', { path: { id }, body: {}, key })
export const followAgreement = (id: string, kind: FollowAgreement['kind'], key: string) =>
  http.post('/signings/agreements/{id}/followers', { path: { id }, body: { kind }, key })
export const listRounds = (id: string) => http.get('/signings/agreements/{id}/rounds', { path: { id } })
export const proposeChanges = (id: string, values: FieldValues, note: string, key: string) =>
  http.post('/signings/agreements/{id}/proposals', { path: { id }, body: { values, ...(note ? { note } : {}) }, key })
export const answerRound = (id: string, body: AnswerRound, key: string) =>
  http.post('/signings/agreements/{id}/round-answers', { path: { id }, body, key })
export const askApproval = (id: string, approver_id: string, key: string) =>
  http.post('/signings/agreements/{id}/approvals', { path: { id }, body: { approver_id }, key })
export const decideApproval = (id: string, body: DecideApproval, key: string) =>
  http.post('/signings/agreements/{id}/approval-decisions', { path: { id }, body, key })
export const findEvidence = (id: string) => http.get('/signings/agreements/{id}/evidence', { path: { id } })
export const reportPath = (id: string) => `/signings/agreements/${id}/evidence-report`
export const bundlePath = (id: string) => `/signings/agreements/${id}/evidence-bundle`
/** The one body that is no JSON. */
export const verifyDocument = (pdf: ArrayBuffer) =>
  door.call<VerdictView>('POST', '/signings/verifications', { body: pdf, timeout: 60_000, header: { 'Content-Type': 'application/pdf' } })
export const createTemplate = (body: CreateTemplate, key: string) => http.post('/signings/templates', { body, key })
export const startTemplateVersion = (code: string, note: string, key: string) =>
  http.post('/signings/templates/{code}/versions', { path: { code }, body: note ? { note } : {}, key })
export const findTemplateVersion = (id: string) => http.get('/signings/template-versions/{id}', { path: { id } })
export const compareTemplateVersions = (id: string, from = '') =>
  http.get('/signings/template-versions/{id}/differences', { path: { id }, query: { from } })
export const testRenderingPath = (id: string) => `/signings/template-versions/${id}/test-rendering`
export const rewriteTemplateVersion = (id: string, body: RewriteTemplateVersion, key: string) =>
  http.put('/signings/template-versions/{id}', { path: { id }, body, key })
export const submitTemplateVersion = (id: string, content_sha256: string, key: string) =>
  http.post('/signings/template-versions/{id}/submissions', { path: { id }, body: { content_sha256 }, key })
export const checkTemplateVersion = (id: string, body: DecideTemplateVersion, key: string) =>
  http.post('/signings/template-versions/{id}/legal-checks', { path: { id }, body, key })
export const approveTemplateVersion = (id: string, body: DecideTemplateVersion, key: string) =>
  http.post('/signings/template-versions/{id}/approvals', { path: { id }, body, key })
export const returnTemplateVersion = (id: string, reason: string, key: string) =>
  http.post('/signings/template-versions/{id}/returns', { path: { id }, body: { reason }, key })
export const discardTemplateVersion = (id: string, reason: string, key: string) =>
  http.post('/signings/template-versions/{id}/discards', { path: { id }, body: { reason }, key })
