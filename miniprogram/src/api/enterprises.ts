import { http } from '.'
import type { AddContact, BatchWish, KeepEnterprise, NextStep, SetClassSetting, WriteLogEntry } from './schema'
import type { Query } from './typed'

export const listEnterprises = (query: Query<'get', '/enterprises'> = {}) => http.get('/enterprises', { query })
export const listEnterpriseChoices = () => http.get('/enterprises/choices')
export const findEnterprise = (id: string) => http.get('/enterprises/{id}', { path: { id } })
export const listLikeEnterprises = (query: Query<'get', '/enterprises/likeness'>) => http.get('/enterprises/likeness', { query })
export const createEnterprise = (body: KeepEnterprise, key: string) => http.post('/enterprises', { body, key })
export const changeEnterprise = (id: string, version: number, facts: KeepEnterprise, key: string) =>
  http.put('/enterprises/{id}', { path: { id }, body: { version, facts }, key })

export const addContact = (id: string, body: AddContact, key: string) => http.post('/enterprises/{id}/contacts', { path: { id }, body, key })
export const removeContact = (id: string, key: string) => http.post('/enterprises/contacts/{id}/removals', { path: { id }, body: {}, key })
export const revealEnterpriseContact = (id: string, purpose: string, key: string) =>
  http.post('/enterprises/contacts/{id}/reveals', { path: { id }, body: { purpose }, key })

export const openPursuit = (id: string, next: NextStep, key: string) =>
  http.post('/enterprises/{id}/pursuits', { path: { id }, body: { next_step: next }, key })
export const writeLogEntry = (id: string, body: WriteLogEntry, key: string) => http.post('/enterprises/{id}/log', { path: { id }, body, key })
export const extendPursuit = (id: string, reason: string, key: string) =>
  http.post('/enterprises/pursuits/{id}/extensions', { path: { id }, body: { reason }, key })
export const endPursuit = (id: string, reason: string, key: string) =>
  http.post('/enterprises/pursuits/{id}/endings', { path: { id }, body: { reason }, key })

export const mergeEnterprise = (id: string, into: string, reason: string, key: string) =>
  http.post('/enterprises/{id}/merges', { path: { id }, body: { into_id: into, reason }, key })
export const undoMerge = (id: string, key: string) => http.post('/enterprises/merges/{id}/undoings', { path: { id }, body: {}, key })

export const listEnterpriseBatches = (query: Query<'get', '/enterprises/batches'> = {}) => http.get('/enterprises/batches', { query })
export const makeEnterpriseBatch = (ids: string[], act: BatchWish, key: string) => http.post('/enterprises/batches', { body: { ids, act }, key })
export const undoEnterpriseBatch = (id: string, key: string) => http.post('/enterprises/batches/{id}/undoings', { path: { id }, body: {}, key })

export const findClass = (id: string) => http.get('/classes/{id}', { path: { id } })
export const listClassSettings = () => http.get('/classes/settings')
export const setClassSetting = (body: SetClassSetting, key: string) => http.post('/classes/settings', { body, key })
