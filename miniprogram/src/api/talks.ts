import { http } from '.'
import type { CreateHold, MessageView, SetAvailability, SetHolidays, SetMinutes } from './schema'
import type { Query } from './typed'
import { upload, type ChosenFile } from '@/platform/file'

export const listSlots = (query: Query<'get', '/talks/slots'>) => http.get('/talks/slots', { query })
export const holdTalk = (body: CreateHold, key: string) => http.post('/talks/holds', { body, key })
export const confirmBooking = (id: string, key: string) =>
  http.post('/talks/bookings/{id}/confirmations', { path: { id }, body: {}, key })
export const declineBooking = (id: string, reason: string, key: string) =>
  http.post('/talks/bookings/{id}/declines', { path: { id }, body: { reason }, key })
export const moveBooking = (id: string, starts_at: string, reason: string, key: string) =>
  http.post('/talks/bookings/{id}/moves', { path: { id }, body: { starts_at, reason }, key })
export const cancelBooking = (id: string, reason: string, key: string) =>
  http.post('/talks/bookings/{id}/cancellations', { path: { id }, body: { reason }, key })
export const listBookings = (query: Query<'get', '/talks/bookings'> = {}) => http.get('/talks/bookings', { query })
export const findBooking = (id: string) => http.get('/talks/bookings/{id}', { path: { id } })

export const findConference = (id: string) => http.get('/talks/bookings/{id}/conference', { path: { id } })
export const arrangeConference = (id: string, key: string) =>
  http.post('/talks/bookings/{id}/conferences', { path: { id }, body: { provider: 'tencent_meeting' }, key })
export const endConference = (id: string, key: string) =>
  http.post('/talks/bookings/{id}/conference-ends', { path: { id }, body: {}, key })

export const takeTicket = (id: string, key: string) => http.post('/talks/bookings/{id}/tickets', { path: { id }, body: {}, key })
export const voipParameters = (id: string, key: string) =>
  http.post('/talks/bookings/{id}/voip-parameters', { path: { id }, body: {}, key })
export const listMessages = (id: string, after: number, limit = 100) =>
  http.get('/talks/bookings/{id}/messages', { path: { id }, query: { after, limit } })
/** `client_id` is also the Idempotency-Key: one message, one id. */
export const sendMessage = (id: string, client_id: string, body: string) =>
  http.post('/talks/bookings/{id}/messages', { path: { id }, body: { client_id, body }, key: client_id })
export const sendFile = (id: string, client_id: string, file: ChosenFile) =>
  upload<MessageView>(`/talks/bookings/${id}/files`, file, { client_id }, client_id)

/** The booking for one's own calendar. */
export const calendarPath = (id: string) => `/talks/bookings/${id}/calendar.ics`
export const findMinutes = (id: string) => http.get('/talks/bookings/{id}/minutes', { path: { id } })
export const writeMinutes = (id: string, body: SetMinutes, key: string) =>
  http.put('/talks/bookings/{id}/minutes', { path: { id }, body, key })
export const publishMinutes = (id: string, key: string) =>
  http.post('/talks/bookings/{id}/minutes-publications', { path: { id }, body: {}, key })

export const listAvailabilities = () => http.get('/talks/availabilities')
export const setAvailability = (host_id: string, body: SetAvailability, key: string) =>
  http.put('/talks/availabilities/{host_id}', { path: { host_id }, body, key })

export const listHolidays = () => http.get('/talks/holidays')
export const setHolidays = (year: number, body: SetHolidays, key: string) =>
  http.put('/talks/holidays/{year}', { path: { year }, body, key })
