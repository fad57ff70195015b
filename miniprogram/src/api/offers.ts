import { http } from '.'
import type { MakeOffer } from './schema'

export const makeOffer = (body: MakeOffer, key: string) => http.post('/offers', { body, key })
export const listOffers = (query: { cursor?: string } = {}) => http.get('/offers', { query })
export const findOffer = (id: string) => http.get('/offers/{id}', { path: { id } })
export const relinkOffer = (id: string, key: string) => http.post('/offers/{id}/links', { path: { id }, body: {}, key })
export const withdrawOffer = (id: string, reason: string, key: string) =>
  http.post('/offers/{id}/withdrawals', { path: { id }, body: { reason }, key })

/** What whoever holds the link may do, without an account. */
export const openOffer = (token: string, visit_id: string) => http.post('/offers/openings', { body: { token, visit_id } })
export const reportReading = (token: string, visit_id: string, part: string, seconds: number) =>
  http.post('/offers/readings', { body: { token, visit_id, part, seconds } })
