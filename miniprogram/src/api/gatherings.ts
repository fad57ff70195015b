import { http } from '.'
import type { Industry, PlanGathering, Register, RegistrationState, ShownTicket } from './schema'

export const listGatherings = (query: { past?: boolean; cursor?: string; limit?: number } = {}) => http.get('/gatherings', { query })
export const findGathering = (id: string) => http.get('/gatherings/{id}', { path: { id } })

export const createRegistration = (id: string, body: Register, key: string) => http.post('/gatherings/{id}/registrations', { path: { id }, body, key })
export const findMyRegistration = (id: string) => http.get('/gatherings/{id}/registration', { path: { id } })
export const listMyRegistrations = (cursor?: string) => http.get('/gatherings/registrations', { query: { cursor } })
export const giveBackPlace = (id: string, key: string) => http.post('/gatherings/{id}/give-backs', { path: { id }, body: {}, key })

/** For the unit that holds the gathering. */
export const listGatheringDesk = (cursor?: string) => http.get('/gatherings/desk', { query: { cursor } })
export const findGatheringDesk = (id: string) => http.get('/gatherings/{id}/desk', { path: { id } })
export const createGathering = (body: PlanGathering, key: string) => http.post('/gatherings', { body, key })
export const changeGathering = (id: string, version: number, plan: PlanGathering, key: string) =>
  http.put('/gatherings/{id}', { path: { id }, body: { version, plan }, key })
export const publishGathering = (id: string, version: number, key: string) =>
  http.post('/gatherings/{id}/publications', { path: { id }, body: { version }, key })
export const cancelGathering = (id: string, reason: string, key: string) =>
  http.post('/gatherings/{id}/cancellations', { path: { id }, body: { reason }, key })
export const listRegistrations = (id: string, query: { state?: RegistrationState; came?: boolean; cursor?: string }) =>
  http.get('/gatherings/{id}/registrations', { path: { id }, query })
export const revealRegistration = (id: string, purpose: string, key: string) =>
  http.post('/gatherings/registrations/{id}/reveals', { path: { id }, body: { purpose }, key })

/** The door. */
export const showDoor = (id: string) => http.get('/gatherings/{id}/door', { path: { id } })
export const checkIn = (id: string, items: ShownTicket[], key: string) => http.post('/gatherings/{id}/check-ins', { path: { id }, body: { items }, key })

/** The floor, and what comes of a gathering. */
export const joinLive = (id: string, key: string) => http.post('/gatherings/{id}/arrivals', { path: { id }, body: {}, key })
export const showFloor = (id: string) => http.get('/gatherings/{id}/questions', { path: { id } })
export const askQuestion = (id: string, words: string, key: string) => http.post('/gatherings/{id}/questions', { path: { id }, body: { words }, key })
export const voteForQuestion = (id: string, key: string) => http.post('/gatherings/questions/{id}/votes', { path: { id }, body: {}, key })
export const ruleOnQuestion = (id: string, show: boolean, key: string) => http.post('/gatherings/questions/{id}/rulings', { path: { id }, body: { show }, key })
export const answerQuestion = (id: string, answer: string, key: string) => http.post('/gatherings/questions/{id}/answers', { path: { id }, body: { answer }, key })
export const openFollowUp = (id: string, industry: Industry, key: string) => http.post('/gatherings/registrations/{id}/leads', { path: { id }, body: { industry }, key })
export const showGatheringFigures = (id: string) => http.get('/gatherings/{id}/figures', { path: { id } })
