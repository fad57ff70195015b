import { http } from '.'
import type { MakeOffer, OfferPage, OfferSummary, OfferView, Page } from './contract'

export const makeOffer = (body: MakeOffer, key: string) => http.post<OfferView>('/offers', body, key)
export const listOffers = (query: { cursor?: string } = {}) => http.get<Page<OfferSummary>>('/offers', query)
export const findOffer = (id: string) => http.get<OfferView>(`/offers/${id}`)
export const relinkOffer = (id: string, key: string) => http.post<OfferView>(`/offers/${id}/links`, {}, key)
export const withdrawOffer = (id: string, reason: string, key: string) => http.post<OfferView>(`/offers/${id}/withdrawals`, { reason }, key)

/** What whoever holds the link may do, without an account. */
export const openOffer = (token: string, visit_id: string) => http.post<OfferPage>('/offers/openings', { token, visit_id })
export const reportReading = (token: string, visit_id: string, part: string, seconds: number) =>
  http.post<void>('/offers/readings', { token, visit_id, part, seconds })
