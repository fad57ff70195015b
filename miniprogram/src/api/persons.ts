import { http } from '.'
import type { CreatePerson, Role, TaskForce } from './schema'
import type { Query } from './typed'

export const listPersons = (query: Query<'get', '/persons'>) => http.get('/persons', { query })
export const findPerson = (id: string) => http.get('/persons/{id}', { path: { id } })
export const createPerson = (body: CreatePerson, key: string) => http.post('/persons', { body, key })
export const setRoles = (id: string, roles: Role[], task_forces: TaskForce[], key: string) =>
  http.put('/persons/{id}/roles', { path: { id }, body: { roles, task_forces }, key })
export const suspendPerson = (id: string, reason: string, key: string) =>
  http.post('/persons/{id}/suspensions', { path: { id }, body: { reason }, key })
export const restorePerson = (id: string, key: string) => http.delete('/persons/{id}/suspensions', { path: { id }, key })
export const revealPerson = (id: string, purpose: string, key: string) =>
  http.post('/persons/{id}/reveals', { path: { id }, body: { purpose }, key })
