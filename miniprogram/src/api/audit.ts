import { http } from '.'
import type { AuditEntryView, Page } from './contract'

export const listEntries = (query: { actor_id?: string; operation?: string; from?: string; to?: string; cursor?: string }) =>
  http.get<Page<AuditEntryView>>('/audit/entries', query)
