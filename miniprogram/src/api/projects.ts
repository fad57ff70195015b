import { http } from '.'
import type { CreateProject, OpenLeadProject } from './schema'
import type { Query } from './typed'

export const openProject = (body: CreateProject, key: string) => http.post('/projects', { body, key })
/** From a lead that a unit has accepted: enterprise, code, industry and unit are the lead's. */
export const openLeadProject = (id: string, body: OpenLeadProject, key: string) =>
  http.post('/leads/{id}/projects', { path: { id }, body, key })
export const listProjects = (query: Query<'get', '/projects'> = {}) => http.get('/projects', { query })
export const findProject = (id: string) => http.get('/projects/{id}', { path: { id } })
