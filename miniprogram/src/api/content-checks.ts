import { http } from '.'
import type { Query } from './typed'

export const listContentChecks = (query: Query<'get', '/content-checks'>) => http.get('/content-checks', { query })
export const decideContentCheck = (id: string, release: boolean, note: string, key: string) => http.post('/content-checks/{id}/decisions', { path: { id }, body: { release, note }, key })
