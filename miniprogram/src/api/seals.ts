import { http } from '.'
import type { CreateSeal, SealPapersView, SealPictureView } from './schema'
import { upload, type ChosenFile } from '@/platform/file'
import type { Query } from './typed'

export const uploadSealPicture = (file: ChosenFile, key: string) => upload<SealPictureView>('/signings/seal-pictures', file, {}, key)
export const uploadSealPapers = (file: ChosenFile, key: string) => upload<SealPapersView>('/signings/seal-papers', file, {}, key)
export const createSeal = (body: CreateSeal, key: string) => http.post('/signings/seals', { body, key })
export const listSeals = (query: Query<'get', '/signings/seals'> = {}) => http.get('/signings/seals', { query })
export const findSeal = (id: string) => http.get('/signings/seals/{id}', { path: { id } })
export const sealPapersPath = (id: string) => `/signings/seals/${id}/papers`
export const approveSeal = (id: string, key: string) => http.post('/signings/seals/{id}/approvals', { path: { id }, body: {}, key })
export const declineSeal = (id: string, reason: string, key: string) => http.post('/signings/seals/{id}/refusals', { path: { id }, body: { reason }, key })
export const suspendSeal = (id: string, reason: string, key: string) => http.post('/signings/seals/{id}/suspensions', { path: { id }, body: { reason }, key })
export const reinstateSeal = (id: string, key: string) => http.post('/signings/seals/{id}/reinstatements', { path: { id }, body: {}, key })
export const revokeSeal = (id: string, reason: string, key: string) => http.post('/signings/seals/{id}/revocations', { path: { id }, body: { reason }, key })
/** The approved seals of the side that one signs for. */
export const listPartySeals = (id: string) => http.get('/signings/agreements/{id}/seals', { path: { id } })
