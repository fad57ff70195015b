import { http } from '.'
import type { BookingView, HoldTalk, MessageView, MinutesView, Page, Slot, Ticket, VoipParameters, WriteMinutes } from './contract'
import { upload, type ChosenFile } from '@/platform/file'

const booking = (id: string, act = '') => `/talks/bookings/${id}${act && '/' + act}`

export const listSlots = (query: { unit_id?: string; site_id?: string; from: string; to: string }) =>
  http.get<{ items: Slot[]; slot_minutes: number }>('/talks/slots', query)
export const holdTalk = (body: HoldTalk, key: string) => http.post<BookingView>('/talks/holds', body, key)
export const confirmBooking = (id: string, key: string) => http.post<BookingView>(booking(id, 'confirmations'), {}, key)
export const declineBooking = (id: string, reason: string, key: string) =>
  http.post<BookingView>(booking(id, 'declines'), { reason }, key)
export const moveBooking = (id: string, starts_at: string, reason: string, key: string) =>
  http.post<BookingView>(booking(id, 'moves'), { starts_at, reason }, key)
export const cancelBooking = (id: string, reason: string, key: string) =>
  http.post<BookingView>(booking(id, 'cancellations'), { reason }, key)
export const listBookings = (query: { state?: string; cursor?: string; limit?: number } = {}) =>
  http.get<Page<BookingView>>('/talks/bookings', query)
export const findBooking = (id: string) => http.get<BookingView>(booking(id))

export const takeTicket = (id: string, key: string) => http.post<Ticket>(booking(id, 'tickets'), {}, key)
export const voipParameters = (id: string, key: string) => http.post<VoipParameters>(booking(id, 'voip-parameters'), {}, key)
export const listMessages = (id: string, after: number, limit = 100) =>
  http.get<{ items: MessageView[]; last_seq: number }>(booking(id, 'messages'), { after, limit })
/** `client_id` is also the Idempotency-Key: one message, one id. */
export const sendMessage = (id: string, client_id: string, body: string) =>
  http.post<MessageView>(booking(id, 'messages'), { client_id, body }, client_id)
export const sendFile = (id: string, client_id: string, file: ChosenFile) =>
  upload<MessageView>(booking(id, 'files'), file, { client_id }, client_id)

export const findMinutes = (id: string) => http.get<MinutesView>(booking(id, 'minutes'))
export const writeMinutes = (id: string, body: WriteMinutes, key: string) => http.put<MinutesView>(booking(id, 'minutes'), body, key)
export const publishMinutes = (id: string, key: string) => http.post<MinutesView>(booking(id, 'minutes-publications'), {}, key)
