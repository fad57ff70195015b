import { http } from '.'
import type {
  AddRecord, AnswerAppeal, AnswerConfirmation, CallForAnswer, CreateAppointment, DecideLikeness, HandOverLead, PauseClock, ReceiptView, RecordContact,
  ScreenLead, SetCreditRule, SetLeadSetting, SubmitLead,
} from './schema'
import type { Query } from './typed'

export const submitLead = (body: SubmitLead, key: string) => http.post('/leads', { body, key })
export const listLeads = (query: Query<'get', '/leads'> = {}) => http.get('/leads', { query })
export const findLead = (id: string) => http.get('/leads/{id}', { path: { id } })
export const findReceipt = (id: string) => http.get('/leads/{id}/receipt', { path: { id } })
/** Whatever somebody pasted is put before the server, which says what is wrong with it. */
export const checkReceipt = (receipt: unknown) => http.post('/leads/receipt-checks', { body: receipt as ReceiptView })

export const listLikenessReviews = (query: Query<'get', '/lead-likeness-reviews'>) => http.get('/lead-likeness-reviews', { query })
export const findLikenessReview = (id: string) => http.get('/lead-likeness-reviews/{id}', { path: { id } })
export const decideLikeness = (id: string, body: DecideLikeness, key: string) =>
  http.post('/lead-likeness-reviews/{id}/decisions', { path: { id }, body, key })
export const appealLikeness = (id: string, reason: string, key: string) =>
  http.post('/lead-likeness-reviews/{id}/appeals', { path: { id }, body: { reason }, key })
export const answerAppeal = (id: string, body: AnswerAppeal, key: string) => http.post('/leads/appeals/{id}/answers', { path: { id }, body, key })
export const handOverLead = (id: string, body: HandOverLead, key: string) => http.post('/leads/{id}/handovers', { path: { id }, body, key })
export const acceptHandover = (id: string, key: string) => http.post('/leads/handovers/{id}/acceptances', { path: { id }, body: {}, key })
export const returnHandover = (id: string, reason: string, key: string) =>
  http.post('/leads/handovers/{id}/returns', { path: { id }, body: { reason }, key })
export const revealContact = (id: string, purpose: string, key: string) =>
  http.post('/leads/{id}/reveals', { path: { id }, body: { purpose }, key })

export const listMoments = (id: string) => http.get('/leads/{id}/moments', { path: { id } })
export const findEntry = async (sequence: number) => {
  const page = await http.get('/leads/ledger', { query: { after: sequence - 1, limit: 1 } })
  return page.items.find((e) => e.sequence === sequence)
}
export const proveInclusion = (sequence: number) => http.get('/leads/ledger/inclusion-proofs', { query: { sequence } })
export const screenLead = (id: string, body: ScreenLead, key: string) => http.post('/leads/{id}/screenings', { path: { id }, body, key })
export const poolLead = (id: string, reason: string, key: string) => http.post('/leads/{id}/pool-places', { path: { id }, body: { reason }, key })
export const listPool = (query: Query<'get', '/leads/pool'>) => http.get('/leads/pool', { query })
export const claimLead = (id: string, reason: string, key: string) => http.post('/leads/pool/{id}/claims', { path: { id }, body: { reason }, key })
export const recordContact = (id: string, body: RecordContact, key: string) => http.post('/leads/{id}/contacts', { path: { id }, body, key })
export const pauseClock = (id: string, body: PauseClock, key: string) => http.post('/leads/{id}/pauses', { path: { id }, body, key })
export const resumeClock = (id: string, key: string) => http.post('/leads/{id}/resumptions', { path: { id }, body: {}, key })

export const askConfirmation = (id: string, key: string) => http.post('/leads/{id}/confirmations', { path: { id }, body: {}, key })
export const showConfirmation = (id: string, token: string) => http.get('/lead-confirmations/{id}', { path: { id }, query: { token } })
/** A second time has no further effect: neither takes a key. */
export const answerConfirmation = (id: string, body: AnswerConfirmation) => http.post('/lead-confirmations/{id}/answers', { path: { id }, body })
export const callForAnswer = (id: string, body: CallForAnswer) => http.post('/lead-confirmations/{id}/calls', { path: { id }, body })
export const submitEnquiry = (body: SubmitLead, key: string) => http.post('/leads/enquiries', { body, key })

export const listLeadSettings = () => http.get('/leads/settings')
export const setLeadSetting = (body: SetLeadSetting, key: string) => http.post('/leads/settings', { body, key })
export const setCreditRule = (body: SetCreditRule, key: string) => http.post('/leads/credit-rules', { body, key })
export const listCreditSlips = (query: Query<'get', '/leads/credit-slips'>) => http.get('/leads/credit-slips', { query })
export const listAppointments = (query: Query<'get', '/leads/appointments'>) => http.get('/leads/appointments', { query })
export const createAppointment = (body: CreateAppointment, key: string) => http.post('/leads/appointments', { body, key })
export const endAppointment = (id: string, reason: string, key: string) =>
  http.post('/leads/appointments/{id}/endings', { path: { id }, body: { reason }, key })
export const addRecord = (id: string, body: AddRecord, key: string) => http.post('/leads/appointments/{id}/records', { path: { id }, body, key })
