import { http } from '.'
import { upload, type ChosenFile } from '@/platform/file'
import type { AddContact, InstitutionView, KeepInstitution, MakeInstitutionAgreement, WriteLogEntry } from './schema'
import type { Query } from './typed'

export const listInstitutions = (query: Query<'get', '/institutions'> = {}) => http.get('/institutions', { query })
export const findInstitution = (id: string) => http.get('/institutions/{id}', { path: { id } })
export const listLikeInstitutions = (query: Query<'get', '/institutions/likeness'>) => http.get('/institutions/likeness', { query })
export const createInstitution = (body: KeepInstitution, key: string) => http.post('/institutions', { body, key })
export const changeInstitution = (id: string, version: number, facts: KeepInstitution, key: string) =>
  http.put('/institutions/{id}', { path: { id }, body: { version, facts }, key })

export const addInstitutionContact = (id: string, body: AddContact, key: string) => http.post('/institutions/{id}/contacts', { path: { id }, body, key })
export const removeInstitutionContact = (id: string, key: string) => http.post('/institutions/contacts/{id}/removals', { path: { id }, body: {}, key })
export const revealInstitutionContact = (id: string, purpose: string, key: string) =>
  http.post('/institutions/contacts/{id}/reveals', { path: { id }, body: { purpose }, key })
export const writeInstitutionLog = (id: string, body: WriteLogEntry, key: string) => http.post('/institutions/{id}/log', { path: { id }, body, key })

export const nameBringer = (id: string, phone: string, begins_on: string, key: string) =>
  http.post('/institutions/{id}/bringers', { path: { id }, body: { phone, begins_on }, key })
export const endBringer = (id: string, key: string) => http.post('/institutions/bringers/{id}/endings', { path: { id }, body: {}, key })

export const makeAgreement = (id: string, body: MakeInstitutionAgreement, key: string) => http.post('/institutions/{id}/agreements', { path: { id }, body, key })
export const renewAgreement = (id: string, body: MakeInstitutionAgreement, key: string) =>
  http.post('/institutions/agreements/{id}/renewals', { path: { id }, body, key })
export const endAgreement = (id: string, reason: string, key: string) =>
  http.post('/institutions/agreements/{id}/endings', { path: { id }, body: { reason }, key })
export const addPaper = (id: string, file: ChosenFile, key: string) => upload<InstitutionView>(`/institutions/agreements/${id}/papers`, file, {}, key)
/** Where the paper of an agreement is fetched. */
export const paperPath = (id: string) => `/institution-papers/${id}`

/** What it brought, from the leads of its bringers. */
export const findContributions = (id: string) => http.get('/contributions/{id}', { path: { id } })
export const listContributionRows = (id: string, query: Query<'get', '/contributions/{id}/rows'>) => http.get('/contributions/{id}/rows', { path: { id }, query })
