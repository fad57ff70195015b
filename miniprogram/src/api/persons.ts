import { http } from '.'
import type { Page, PersonView, Role } from './contract'

export const listPersons = (query: { unit_id?: string; role?: string; q?: string; cursor?: string }) =>
  http.get<Page<PersonView>>('/persons', query)
export const findPerson = (id: string) => http.get<PersonView>(`/persons/${id}`)
export const createPerson = (
  body: { name: string; phone: string; login?: string; unit_id?: string; roles: Role[] },
  key: string,
) => http.post<{ person: PersonView; activation_code?: string }>('/persons', body, key)
export const setRoles = (id: string, roles: Role[], key: string) => http.put<PersonView>(`/persons/${id}/roles`, { roles }, key)
export const suspendPerson = (id: string, reason: string, key: string) =>
  http.post<PersonView>(`/persons/${id}/suspensions`, { reason }, key)
export const restorePerson = (id: string, key: string) => http.delete<PersonView>(`/persons/${id}/suspensions`, key)
export const revealPerson = (id: string, purpose: string, key: string) =>
  http.post<{ phone: string }>(`/persons/${id}/reveals`, { purpose }, key)
