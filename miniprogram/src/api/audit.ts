import { http } from '.'
import type { Query } from './typed'

export const listEntries = (query: Query<'get', '/audit/entries'>) => http.get('/audit/entries', { query })
