import { http } from '.'
import type { CreateProject } from './schema'
import type { Query } from './typed'

export const openProject = (body: CreateProject, key: string) => http.post('/projects', { body, key })
export const listProjects = (query: Query<'get', '/projects'> = {}) => http.get('/projects', { query })
export const findProject = (id: string) => http.get('/projects/{id}', { path: { id } })
