import { http } from '.'
import type { Page, PageKind, PageSummary, PageView } from './contract'

export const listPages = (query: { kind: PageKind; cursor?: string; limit?: number }) =>
  http.get<Page<PageSummary>>('/content/pages', query)
export const findPage = (slug: string) => http.get<PageView>(`/content/pages/${encodeURIComponent(slug)}`)
