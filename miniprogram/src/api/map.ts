import { http } from '.'
import type { Datum, Outlines, SiteQuery, SiteResults, SiteView } from './contract'

export const searchSites = (query: SiteQuery) => http.get<SiteResults>('/map/sites', { ...query })
export const findSite = (id: string) => http.get<SiteView>(`/map/sites/${encodeURIComponent(id)}`)

const known = new Map<string, Promise<Outlines>>()

/** The county outlines: one answer serves all maps of a visit. */
export function countyOutlines(datum: Datum = 'gcj02'): Promise<Outlines> {
  let asked = known.get(datum)
  if (!asked) {
    asked = http.get<Outlines>('/map/outlines', { datum })
    known.set(datum, asked)
    asked.catch(() => known.delete(datum))
  }
  return asked
}
