/** Points that would lie on top of each other on the screen become one group. Many sites are only known to their
 *  park or county seat, so that equal places are common. */
import type { Box } from '@/api/map'
import type { MapFeature, SitePin, SiteSummary } from '@/api/schema'

/** One thing to press on the map: a site, or several that stand together. */
export interface Mark {
  longitude: number
  latitude: number
  count: number
  /** The site, or the first of several when they are known */
  site?: Pick<SitePin, 'id' | 'kind' | 'name' | 'name_en' | 'stale'>
  ids: string[]
  /** What to zoom to */
  box?: Box
}

/** Pixel place of a point in web mercator at a zoom level. */
export function pixel(longitude: number, latitude: number, zoom: number): [number, number] {
  const size = 256 * 2 ** zoom
  const sine = Math.sin((latitude * Math.PI) / 180)
  const x = (longitude / 360 + 0.5) * size
  const y = (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * size
  return [x, y]
}

/** Groups stand where their first site stands: a pin never points at a place where nothing is. */
export function groups(sites: SiteSummary[], zoom: number, radius = 30): Mark[] {
  const out: { sites: SiteSummary[]; at: [number, number] }[] = []
  for (const site of sites) {
    const at = pixel(site.longitude, site.latitude, zoom)
    const near = out.find((g) => Math.hypot(g.at[0] - at[0], g.at[1] - at[1]) < radius)
    if (near) near.sites.push(site)
    else out.push({ at, sites: [site] })
  }
  return out.map(({ sites }) => ({
    longitude: sites[0].longitude,
    latitude: sites[0].latitude,
    count: sites.length,
    site: sites[0],
    ids: sites.map((s) => s.id),
    box: sites.length > 1 ? bounds(sites) : undefined,
  }))
}

/** The server's clusters as marks. */
export function marksOf(features: MapFeature[]): Mark[] {
  return features.map(({ bbox, geometry, properties }) => ({
    longitude: geometry.coordinates[0],
    latitude: geometry.coordinates[1],
    count: properties.count,
    site: properties.site ?? undefined,
    ids: properties.site ? [properties.site.id] : [],
    box: (bbox ?? undefined) as Box | undefined,
  }))
}

/** West, south, east, north of some points. */
export function bounds(points: { longitude: number; latitude: number }[]): Box | undefined {
  if (!points.length) return undefined
  const lon = points.map((p) => p.longitude)
  const lat = points.map((p) => p.latitude)
  return [Math.min(...lon), Math.min(...lat), Math.max(...lon), Math.max(...lat)]
}

/** True when no zoom can pull the mark apart. */
export function inseparable({ box }: Mark): boolean {
  return !box || (box[2] - box[0] < 0.002 && box[3] - box[1] < 0.002)
}

export function boxOf(text?: string): Box | undefined {
  const numbers = (text ?? '').split(',').map(Number)
  return numbers.length === 4 && numbers.every(Number.isFinite) ? (numbers as Box) : undefined
}

export function cornersOf(text?: string): [number, number][] {
  const pairs = (text ?? '').split(';').map((pair) => pair.split(',').map(Number))
  return pairs.filter((p) => p.length === 2 && p.every(Number.isFinite)) as [number, number][]
}
