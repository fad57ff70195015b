import { http } from '.'
import type {
  Appointment, Confirmation, ConfirmationAnswer, CreditSlip, Inclusion, LeadView, LikenessReview, Moment, Page, PoolPlace, ReceiptCheck, ReceiptView,
  ScreenLead, SubmitLead,
} from './contract'

export const submitLead = (body: SubmitLead, key: string) => http.post<{ lead: LeadView; receipt: ReceiptView }>('/leads', body, key)
export const listLeads = (query: { state?: string; cursor?: string; limit?: number } = {}) => http.get<Page<LeadView>>('/leads', query)
export const findLead = (id: string) => http.get<LeadView>(`/leads/${id}`)
export const findReceipt = (id: string) => http.get<ReceiptView>(`/leads/${id}/receipt`)
export const checkReceipt = (receipt: unknown) => http.post<ReceiptCheck>('/leads/receipt-checks', receipt)

export const listLikenessReviews = (query: { state?: 'open' | 'decided'; cursor?: string }) =>
  http.get<Page<LikenessReview>>('/leads/likeness-reviews', query)
export const findLikenessReview = (id: string) => http.get<LikenessReview>(`/leads/likeness-reviews/${id}`)
export const appealLikeness = (id: string, reason: string, key: string) =>
  http.post<LikenessReview>(`/leads/likeness-reviews/${id}/appeals`, { reason }, key)
export interface Ruling {
  decision: 'same' | 'different'
  first_lead_id?: string
  reason: string
}
export const answerAppeal = (id: string, body: { answer: string; ruling?: Ruling }, key: string) =>
  http.post<LikenessReview>(`/leads/appeals/${id}/answers`, body, key)
export const decideLikeness = (
  id: string,
  body: Ruling,
  key: string,
) => http.post<LikenessReview>(`/leads/likeness-reviews/${id}/decisions`, body, key)
export const handOverLead = (id: string, body: { unit_id: string; note?: string }, key: string) =>
  http.post<LeadView>(`/leads/${id}/handovers`, body, key)
export const acceptHandover = (id: string, key: string) => http.post<LeadView>(`/leads/handovers/${id}/acceptances`, {}, key)
export const returnHandover = (id: string, reason: string, key: string) =>
  http.post<LeadView>(`/leads/handovers/${id}/returns`, { reason }, key)
export const revealContact = (id: string, purpose: string, key: string) =>
  http.post<{ contact_phone: string }>(`/leads/${id}/reveals`, { purpose }, key)

export const listMoments = (id: string) => http.get<{ items: Moment[] }>(`/leads/${id}/moments`)
export const findEntry = async (sequence: number) => {
  const page = await http.get<{ items: { sequence: number; at: string; entry_hash: string }[] }>('/leads/ledger', { after: sequence - 1, limit: 1 })
  return page.items.find((e) => e.sequence === sequence)
}
export const proveInclusion = (sequence: number) => http.get<Inclusion>('/leads/ledger/inclusion-proofs', { sequence })
export const screenLead = (id: string, body: ScreenLead, key: string) => http.post<LeadView>(`/leads/${id}/screenings`, body, key)
export const poolLead = (id: string, reason: string, key: string) => http.post<LeadView>(`/leads/${id}/pool-places`, { reason }, key)
export const listPool = (query: { cursor?: string }) => http.get<Page<PoolPlace>>('/leads/pool', query)
export const claimLead = (id: string, reason: string, key: string) => http.post<LeadView>(`/leads/pool/${id}/claims`, { reason }, key)
export const recordContact = (id: string, body: { way: string; words: string }, key: string) =>
  http.post<LeadView>(`/leads/${id}/contacts`, body, key)
export const pauseClock = (id: string, body: { reason: string; until_at: string }, key: string) =>
  http.post<LeadView>(`/leads/${id}/pauses`, body, key)
export const resumeClock = (id: string, key: string) => http.post<LeadView>(`/leads/${id}/resumptions`, {}, key)

export const askConfirmation = (id: string, key: string) =>
  http.post<{ id: string; link: string; expires_at: string }>(`/leads/${id}/confirmations`, {}, key)
export const showConfirmation = (id: string, token: string) => http.get<Confirmation>(`/leads/confirmations/${id}`, { token })
export const answerConfirmation = (id: string, body: { token: string; answer: ConfirmationAnswer; words?: string }, key: string) =>
  http.post<Confirmation>(`/leads/confirmations/${id}/answers`, body, key)
export const callForAnswer = (id: string, body: { token: string; words?: string }, key: string) =>
  http.post<Confirmation>(`/leads/confirmations/${id}/calls`, body, key)
export const submitEnquiry = (body: SubmitLead, key: string) => http.post<{ receipt: ReceiptView; link: string }>('/leads/enquiries', body, key)

export const listCreditSlips = (query: { lead_id?: string; cursor?: string }) => http.get<Page<CreditSlip>>('/leads/credit-slips', query)
export const listAppointments = (query: { cursor?: string }) => http.get<Page<Appointment>>('/leads/appointments', query)
export const createAppointment = (
  body: { kind: string; name: string; phone: string; region: string; document_no?: string; begins_on: string; ends_on: string },
  key: string,
) => http.post<Appointment>('/leads/appointments', body, key)
export const addRecord = (id: string, body: { kind: string; held_on: string; title: string; amount_fen?: number }, key: string) =>
  http.post<Appointment>(`/leads/appointments/${id}/records`, body, key)
