import { http } from '.'
import type { PlanCeremony } from './schema'

export const listCeremonies = (cursor?: string) => http.get('/signings/ceremonies', { query: { cursor } })
export const findCeremony = (id: string) => http.get('/signings/ceremonies/{id}', { path: { id } })
export const planCeremony = (body: PlanCeremony, key: string) => http.post('/signings/ceremonies', { body, key })
export const replanCeremony = (id: string, body: PlanCeremony, key: string) =>
  http.put('/signings/ceremonies/{id}', { path: { id }, body, key })
export const openCeremony = (id: string, key: string) =>
  http.post('/signings/ceremonies/{id}/openings', { path: { id }, body: {}, key })
export const closeCeremony = (id: string, key: string) =>
  http.post('/signings/ceremonies/{id}/closings', { path: { id }, body: {}, key })
/** For everybody, without signing in; never from a cache, which would show signatures a minute late. */
export const showStage = (id: string) => http.get('/signings/ceremonies/{id}/screen', { path: { id }, header: { 'Cache-Control': 'no-cache' } })
export const posterPath = (id: string) => `/signings/ceremonies/${id}/poster`
export const pressPath = (id: string) => `/signings/ceremonies/${id}/press-list`
