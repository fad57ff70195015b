import { http } from '.'
import type { LeadView, LikenessReview, Page, ReceiptCheck, ReceiptView, SubmitLead } from './contract'

export const submitLead = (body: SubmitLead, key: string) => http.post<{ lead: LeadView; receipt: ReceiptView }>('/leads', body, key)
export const listLeads = (query: { state?: string; cursor?: string; limit?: number } = {}) => http.get<Page<LeadView>>('/leads', query)
export const findLead = (id: string) => http.get<LeadView>(`/leads/${id}`)
export const findReceipt = (id: string) => http.get<ReceiptView>(`/leads/${id}/receipt`)
export const checkReceipt = (receipt: unknown) => http.post<ReceiptCheck>('/leads/receipt-checks', receipt)

export const listLikenessReviews = (query: { state?: 'open' | 'decided'; cursor?: string }) =>
  http.get<Page<LikenessReview>>('/leads/likeness-reviews', query)
export const decideLikeness = (
  id: string,
  body: { decision: 'same' | 'different'; first_lead_id?: string; reason: string },
  key: string,
) => http.post<LikenessReview>(`/leads/likeness-reviews/${id}/decisions`, body, key)
export const handOverLead = (id: string, body: { unit_id: string; note?: string }, key: string) =>
  http.post<LeadView>(`/leads/${id}/handovers`, body, key)
export const acceptHandover = (id: string, key: string) => http.post<LeadView>(`/leads/handovers/${id}/acceptances`, {}, key)
export const returnHandover = (id: string, reason: string, key: string) =>
  http.post<LeadView>(`/leads/handovers/${id}/returns`, { reason }, key)
export const revealContact = (id: string, purpose: string, key: string) =>
  http.post<{ contact_phone: string }>(`/leads/${id}/reveals`, { purpose }, key)
