import { http } from '.'
import type { OpenProject, Page, ProjectView } from './contract'

export const openProject = (body: OpenProject, key: string) => http.post<ProjectView>('/projects', body, key)
export const listProjects = (query: { stage?: string; unit_id?: string; cursor?: string; limit?: number } = {}) =>
  http.get<Page<ProjectView>>('/projects', query)
export const findProject = (id: string) => http.get<ProjectView>(`/projects/${id}`)
