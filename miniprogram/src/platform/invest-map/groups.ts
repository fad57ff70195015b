/** Points that would lie on top of each other on the screen become one group. Many sites are only known to their
 *  park or county seat, so that equal places are common. */
import type { SiteSummary } from '@/api/schema'

export interface Group {
  sites: SiteSummary[]
  longitude: number
  latitude: number
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
export function groups(sites: SiteSummary[], zoom: number, radius = 30): Group[] {
  const out: { group: Group; at: [number, number] }[] = []
  for (const site of sites) {
    const at = pixel(site.longitude, site.latitude, zoom)
    const near = out.find((g) => Math.hypot(g.at[0] - at[0], g.at[1] - at[1]) < radius)
    if (near) near.group.sites.push(site)
    else out.push({ at, group: { sites: [site], longitude: site.longitude, latitude: site.latitude } })
  }
  return out.map((g) => g.group)
}

/** West, south, east, north of some points. */
export function bounds(points: { longitude: number; latitude: number }[]): [number, number, number, number] | undefined {
  if (!points.length) return undefined
  const lon = points.map((p) => p.longitude)
  const lat = points.map((p) => p.latitude)
  return [Math.min(...lon), Math.min(...lat), Math.max(...lon), Math.max(...lat)]
}

/** True when no zoom can pull the group apart. */
export function inseparable(group: Group): boolean {
  const [w, s, e, n] = bounds(group.sites)!
  return e - w < 0.002 && n - s < 0.002
}
