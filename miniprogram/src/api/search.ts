import { http } from '.'
import type { Query } from './typed'

export const searchEverything = (query: Query<'get', '/search'>) => http.get('/search', { query })
