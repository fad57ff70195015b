import { http } from '.'
import { upload, type ChosenFile } from '@/platform/file'
import { query as search, type Params } from '@/platform/link'
import type { LibraryImportView } from './schema'

/** The libraries that take workbooks, all in one way. */
export type Library = 'enterprises' | 'institutions'
export const libraryOf = (name?: string): Library => (name === 'institutions' ? name : 'enterprises')
const doors = { enterprises: '/enterprise-imports', institutions: '/institution-imports' } as const
/** Undone or written, a thousand rows take their time. */
const timeout = 60_000

/** Where the workbook is fetched: an empty one, or one filled with what the list shows. */
export const sheetPath = (of: Library, filled: boolean, query: Params) => `/${of}/sheet?${search({ filled, ...query })}`
export const checkImport = (of: Library, file: ChosenFile, key: string) => upload<LibraryImportView>(doors[of], file, {}, key)
export const listImports = (of: Library, cursor?: string) => http.get(doors[of], { query: { cursor } })
export const findImport = (of: Library, id: string) => http.get(`${doors[of]}/{id}`, { path: { id } })
export const confirmImport = (of: Library, id: string, key: string) => http.post(`${doors[of]}/{id}/confirmations`, { path: { id }, body: {}, key, timeout })
export const undoImport = (of: Library, id: string, key: string) => http.post(`${doors[of]}/{id}/undoings`, { path: { id }, body: {}, key, timeout })
