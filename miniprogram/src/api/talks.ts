import { http } from '.'
import type { ConferenceProvider, CreateHold, CreateWish, InviteGuest, MessageView, SeatGuest, SetAvailability, SetHolidays, SetMinutes, SetMinutesTemplate, SetTalkSetting, TalkLine } from './schema'
import type { Query } from './typed'
import { upload, type ChosenFile } from '@/platform/file'

export const listSlots = (query: Query<'get', '/talks/slots'>) => http.get('/talks/slots', { query })
export const holdTalk = (body: CreateHold, key: string) => http.post('/talks/holds', { body, key })
export const confirmBooking = (id: string, key: string) =>
  http.post('/talks/bookings/{id}/confirmations', { path: { id }, body: {}, key })
export const declineBooking = (id: string, reason: string, key: string) =>
  http.post('/talks/bookings/{id}/declines', { path: { id }, body: { reason }, key })
export const proposeTime = (id: string, starts_at: string, reason: string, key: string) =>
  http.post('/talks/bookings/{id}/proposals', { path: { id }, body: { starts_at, reason }, key })
export const acceptProposal = (id: string, proposal_id: string, key: string) =>
  http.post('/talks/bookings/{id}/proposal-acceptances', { path: { id }, body: { proposal_id }, key })
export const refuseProposal = (id: string, proposal_id: string, reason: string, key: string) =>
  http.post('/talks/bookings/{id}/proposal-refusals', { path: { id }, body: { proposal_id, reason }, key })
export const withdrawProposal = (id: string, proposal_id: string, key: string) =>
  http.post('/talks/bookings/{id}/proposal-withdrawals', { path: { id }, body: { proposal_id }, key })
export const markNoShow = (id: string, key: string) => http.post('/talks/bookings/{id}/no-shows', { path: { id }, body: {}, key })
export const undoNoShow = (id: string, key: string) =>
  http.post('/talks/bookings/{id}/no-show-retractions', { path: { id }, body: {}, key })
export const cancelBooking = (id: string, reason: string, key: string) =>
  http.post('/talks/bookings/{id}/cancellations', { path: { id }, body: { reason }, key })
export const listBookings = (query: Query<'get', '/talks/bookings'> = {}) => http.get('/talks/bookings', { query })
export const findBooking = (id: string) => http.get('/talks/bookings/{id}', { path: { id } })

export const findConference = (id: string) => http.get('/talks/bookings/{id}/conference', { path: { id } })
export const arrangeConference = (id: string, provider: ConferenceProvider, key: string) =>
  http.post('/talks/bookings/{id}/conferences', { path: { id }, body: { provider }, key })
export const takeConferencePass = (id: string, key: string) =>
  http.post('/talks/bookings/{id}/conference-passes', { path: { id }, body: {}, key })
export const endConference = (id: string, key: string) =>
  http.post('/talks/bookings/{id}/conference-ends', { path: { id }, body: {}, key })

export const takeTicket = (id: string, key: string) => http.post('/talks/bookings/{id}/tickets', { path: { id }, body: {}, key })
export const voipParameters = (id: string, key: string) =>
  http.post('/talks/bookings/{id}/voip-parameters', { path: { id }, body: {}, key })
export const listMessages = (id: string, after: number, limit = 100) =>
  http.get('/talks/bookings/{id}/messages', { path: { id }, query: { after, limit } })
/** `client_id` is also the Idempotency-Key: one message, one id. */
export const sendMessage = (id: string, client_id: string, body: string, line: TalkLine) =>
  http.post('/talks/bookings/{id}/messages', { path: { id }, body: { client_id, body, line }, key: client_id })
export const sendFile = (id: string, client_id: string, file: ChosenFile) =>
  upload<MessageView>(`/talks/bookings/${id}/files`, file, { client_id }, client_id)

/** The booking for one's own calendar. */
export const calendarPath = (id: string) => `/talks/bookings/${id}/calendar.ics`
export const findMinutes = (id: string) => http.get('/talks/bookings/{id}/minutes', { path: { id } })
export const writeMinutes = (id: string, body: SetMinutes, key: string) =>
  http.put('/talks/bookings/{id}/minutes', { path: { id }, body, key })
export const findMinutesVersion = (id: string, number: number) =>
  http.get('/talks/bookings/{id}/minutes-versions/{number}', { path: { id, number } })
export const compareMinutes = (id: string, number: number, from?: number) =>
  http.get('/talks/bookings/{id}/minutes-versions/{number}/differences', { path: { id, number }, query: { from } })
export const sendMinutes = (id: string, number: number, revision: number, key: string) =>
  http.post('/talks/bookings/{id}/minutes-sendings', { path: { id }, body: { number, revision }, key })
export const recallMinutes = (id: string, number: number, key: string) =>
  http.post('/talks/bookings/{id}/minutes-recalls', { path: { id }, body: { number }, key })
export const confirmMinutes = (id: string, number: number, key: string) =>
  http.post('/talks/bookings/{id}/minutes-confirmations', { path: { id }, body: { number }, key })
export const askMinutesChange = (id: string, number: number, words: string, key: string) =>
  http.post('/talks/bookings/{id}/minutes-changes', { path: { id }, body: { number, words }, key })
export const publishMinutes = (id: string, number: number, key: string) =>
  http.post('/talks/bookings/{id}/minutes-publications', { path: { id }, body: { number }, key })
export const minutesPaperPath = (id: string) => `/talks/bookings/${id}/minutes/paper`
export const findMinutesTemplate = (unit_id: string) => http.get('/talks/minutes-templates/{unit_id}', { path: { unit_id } })
export const setMinutesTemplate = (unit_id: string, body: SetMinutesTemplate, key: string) =>
  http.put('/talks/minutes-templates/{unit_id}', { path: { unit_id }, body, key })

export const listFollowUps = (query: Query<'get', '/talks/follow-ups'> = {}) => http.get('/talks/follow-ups', { query })
export const finishFollowUp = (id: string, key: string) =>
  http.post('/talks/follow-ups/{id}/completions', { path: { id }, body: {}, key })
export const dropFollowUp = (id: string, reason: string, key: string) =>
  http.post('/talks/follow-ups/{id}/drops', { path: { id }, body: { reason }, key })

export const listAvailabilities = () => http.get('/talks/availabilities')
export const setAvailability = (host_id: string, body: SetAvailability, key: string) =>
  http.put('/talks/availabilities/{host_id}', { path: { host_id }, body, key })

export const listHolidays = () => http.get('/talks/holidays')
export const setHolidays = (year: number, body: SetHolidays, key: string) =>
  http.put('/talks/holidays/{year}', { path: { year }, body, key })

export const listGuests = (id: string) => http.get('/talks/bookings/{id}/guests', { path: { id } })
export const inviteGuest = (id: string, body: InviteGuest, key: string) =>
  http.post('/talks/bookings/{id}/guests', { path: { id }, body, key })
export const revokeGuest = (id: string, guest_id: string, key: string) =>
  http.post('/talks/bookings/{id}/guest-revocations', { path: { id }, body: { guest_id }, key })
export const seatGuest = (id: string, body: SeatGuest, key: string) =>
  http.post('/talks/bookings/{id}/guest-seatings', { path: { id }, body, key })
export const listAttendances = (id: string) => http.get('/talks/bookings/{id}/attendances', { path: { id } })

/** A guest has no account: what their device shows is the pass that opened the link. */
export const shownPass = (pass: string) => ({ 'Guest-Pass': pass })
export const openGuestLink = (key: string, pass: string) => http.post('/talks/guest-openings', { body: { key, pass } })
export const showGuestRoom = (pass: string) => http.get('/talks/guest-room', { header: shownPass(pass) })
export const takeGuestTicket = (pass: string) => http.post('/talks/guest-tickets', { body: {}, header: shownPass(pass) })
export const takeGuestConferencePass = (pass: string) => http.post('/talks/guest-conference-passes', { body: {}, header: shownPass(pass) })
export const guestCalendarPath = '/talks/guest-calendar.ics'
export const guestFilePath = (id: string) => `/talks/guest-files/${id}`

export const listWishes = () => http.get('/talks/wishes')
export const createWish = (body: CreateWish, key: string) => http.post('/talks/wishes', { body, key })
export const withdrawWish = (id: string, key: string) => http.post('/talks/wishes/{id}/withdrawals', { path: { id }, body: {}, key })

export const listTalkSettings = () => http.get('/talks/settings')
export const setTalkSetting = (body: SetTalkSetting, key: string) => http.post('/talks/settings', { body, key })
