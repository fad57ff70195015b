import { http } from '.'
import type { Query } from './typed'

export const listRightsTasks = (query: Query<'get', '/rights-tasks'>) => http.get('/rights-tasks', { query })
export const settleRightsTask = (id: string, note: string, key: string) => http.post('/rights-tasks/{id}/settlements', { path: { id }, body: { note }, key })
