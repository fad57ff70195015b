import { http } from '.'
import type { CeremonyView, Page, PlanCeremony, ScreenView } from './contract'

const ceremony = (id: string, act = '') => `/signings/ceremonies/${id}${act && '/' + act}`

export const listCeremonies = (cursor?: string) => http.get<Page<CeremonyView>>('/signings/ceremonies', { cursor })
export const findCeremony = (id: string) => http.get<ScreenView>(ceremony(id))
export const planCeremony = (body: PlanCeremony, key: string) => http.post<ScreenView>('/signings/ceremonies', body, key)
export const replanCeremony = (id: string, body: PlanCeremony, key: string) => http.put<ScreenView>(ceremony(id), body, key)
export const openCeremony = (id: string, key: string) => http.post<ScreenView>(ceremony(id, 'openings'), {}, key)
export const closeCeremony = (id: string, key: string) => http.post<ScreenView>(ceremony(id, 'closings'), {}, key)
/** For everybody, without signing in. */
export const showStage = (id: string) => http.get<ScreenView>(ceremony(id, 'screen'))
export const posterPath = (id: string) => ceremony(id, 'poster')
export const pressPath = (id: string) => ceremony(id, 'press-list')
