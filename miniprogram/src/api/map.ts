import { http } from '.'
import type { Datum, Outlines as Collection, SurroundingFeature } from './schema'
import type { Query } from './typed'

export type SiteQuery = Query<'get', '/map/sites'>
/** GeoJSON, of which the document says only that it is an object. */
export interface OutlineFeature {
  type: 'Feature'
  properties: { code: string; name: string; name_en?: string | null; center?: [number, number]; label?: [number, number] }
  geometry: { type: 'Polygon'; coordinates: [number, number][][] } | { type: 'MultiPolygon'; coordinates: [number, number][][][] }
}
export type Outlines = Omit<Collection, 'features'> & { features: OutlineFeature[] }

/** West, south, east, north in degrees. */
export type Box = [number, number, number, number]
export type FeatureKind = SurroundingFeature['properties']['kind']

export const viewMap = ({ limit, cursor, ...query }: SiteQuery) => http.get('/map/clusters', { query })
export const listSurroundings = async () => (await http.get('/map/features')).features
export const listRedLines = async (bbox: string) => (await http.get('/map/red-lines', { query: { bbox } })).features
export const searchSites = (query: SiteQuery) => http.get('/map/sites', { query })
export const findSite = (id: string) => http.get('/map/sites/{id}', { path: { id } })

const known = new Map<string, Promise<Outlines>>()

/** The county outlines: one answer serves all maps of a visit. */
export function countyOutlines(datum: Datum = 'gcj02'): Promise<Outlines> {
  let asked = known.get(datum)
  if (!asked) {
    asked = http.get('/map/outlines', { query: { datum } }) as Promise<unknown> as Promise<Outlines>
    known.set(datum, asked)
    asked.catch(() => known.delete(datum))
  }
  return asked
}
