import { http } from '.'
import type { Query } from './typed'

export const listPages = (query: Query<'get', '/content/pages'>) => http.get('/content/pages', { query })
export const findPage = (slug: string) => http.get('/content/pages/{slug}', { path: { slug } })
export const matchPolicies = (query: Query<'get', '/content/policy-matches'>) => http.get('/content/policy-matches', { query })
