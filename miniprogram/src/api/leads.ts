import { http } from '.'
import type { DecideLikeness, HandOverLead, ReceiptView, SubmitLead } from './schema'
import type { Query } from './typed'

export const submitLead = (body: SubmitLead, key: string) => http.post('/leads', { body, key })
export const listLeads = (query: Query<'get', '/leads'> = {}) => http.get('/leads', { query })
export const findLead = (id: string) => http.get('/leads/{id}', { path: { id } })
export const findReceipt = (id: string) => http.get('/leads/{id}/receipt', { path: { id } })
/** Whatever somebody pasted is put before the server, which says what is wrong with it. */
export const checkReceipt = (receipt: unknown) => http.post('/leads/receipt-checks', { body: receipt as ReceiptView })

export const listLikenessReviews = (query: Query<'get', '/leads/likeness-reviews'>) => http.get('/leads/likeness-reviews', { query })
export const decideLikeness = (id: string, body: DecideLikeness, key: string) =>
  http.post('/leads/likeness-reviews/{id}/decisions', { path: { id }, body, key })
export const handOverLead = (id: string, body: HandOverLead, key: string) =>
  http.post('/leads/{id}/handovers', { path: { id }, body, key })
export const acceptHandover = (id: string, key: string) => http.post('/leads/handovers/{id}/acceptances', { path: { id }, body: {}, key })
export const returnHandover = (id: string, reason: string, key: string) =>
  http.post('/leads/handovers/{id}/returns', { path: { id }, body: { reason }, key })
export const revealContact = (id: string, purpose: string, key: string) =>
  http.post('/leads/{id}/reveals', { path: { id }, body: { purpose }, key })
