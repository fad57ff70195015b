import { http } from '.'
import type { ListFilter, LibraryName } from './schema'

export const listSavedViews = (library: LibraryName) => http.get('/saved-views', { query: { library } })
export const keepSavedView = (name: string, filter: ListFilter, shared: boolean, key: string) =>
  http.post('/saved-views', { body: { name, filter, shared }, key })
export const changeSavedView = (id: string, name: string, shared: boolean, key: string) =>
  http.put('/saved-views/{id}', { path: { id }, body: { name, shared }, key })
export const removeSavedView = (id: string, key: string) => http.post('/saved-views/{id}/removals', { path: { id }, body: {}, key })
