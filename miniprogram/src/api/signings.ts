import { http } from '.'
import type { AgreementView, ChallengeView, EvidenceView, FieldValues, Page, SignAgreement, TemplateView, VerdictView } from './contract'

const agreement = (id: string, act = '') => `/signings/agreements/${id}${act && '/' + act}`

export const listTemplates = () => http.get<{ items: TemplateView[] }>('/signings/templates')
export const draftAgreement = (body: { project_id: string; template_code: string; values: FieldValues }, key: string) =>
  http.post<AgreementView>('/signings/agreements', body, key)
export const updateAgreement = (id: string, values: FieldValues, key: string) => http.put<AgreementView>(agreement(id), { values }, key)
export const listAgreements = (query: { state?: string; project_id?: string; cursor?: string } = {}) =>
  http.get<Page<AgreementView>>('/signings/agreements', query)
export const findAgreement = (id: string) => http.get<AgreementView>(agreement(id))
/** Where the PDF is; for `showFile` of platform/file or `http.bytes`. */
export const documentPath = (id: string, revision?: number) =>
  agreement(id, 'document') + (revision === undefined ? '' : `?revision=${revision}`)
export const documentBytes = (id: string, revision?: number) => http.bytes(documentPath(id, revision))
export const dispatchAgreement = (id: string, key: string) => http.post<AgreementView>(agreement(id, 'dispatches'), {}, key)
export const recordReading = (id: string, body: { document_sha256: string; pages_seen: number; seconds: number }, key: string) =>
  http.post<AgreementView>(agreement(id, 'readings'), body, key)
export const requestChallenge = (id: string, document_sha256: string, key: string) =>
  http.post<ChallengeView>(agreement(id, 'challenges'), { document_sha256 }, key)
export const signAgreement = (id: string, body: SignAgreement, key: string) =>
  http.post<AgreementView>(agreement(id, 'signatures'), body, key, { timeout: 60_000 })
export const refuseAgreement = (id: string, reason: string, key: string) =>
  http.post<AgreementView>(agreement(id, 'refusals'), { reason }, key)
export const revokeAgreement = (id: string, reason: string, key: string) =>
  http.post<AgreementView>(agreement(id, 'revocations'), { reason }, key)
export const shareAgreement = (id: string, key: string) => http.post<AgreementView>(agreement(id, 'shares'), {}, key)
export const remindSigners = (id: string, key: string) => http.post<AgreementView>(agreement(id, 'reminders'), {}, key)
export const followAgreement = (id: string, kind: 'revises' | 'rescinds', key: string) =>
  http.post<AgreementView>(agreement(id, 'followers'), { kind }, key)
export const findEvidence = (id: string) => http.get<EvidenceView>(agreement(id, 'evidence'))
export const reportPath = (id: string) => agreement(id, 'evidence-report')
export const bundlePath = (id: string) => agreement(id, 'evidence-bundle')
export const verifyDocument = (pdf: ArrayBuffer) =>
  http.post<VerdictView>('/signings/verifications', pdf, undefined, { timeout: 60_000, header: { 'Content-Type': 'application/pdf' } })
