/** The map in a browser: Leaflet, loaded when a map is first opened. No tiles and no foreign host: county outlines
 *  on paper colour, and one pin per group of sites. */
import type { Map as LeafletMap, Marker, LayerGroup } from 'leaflet'
import type { Outlines } from '@/api/map'
import type { SiteSummary } from '@/api/schema'
import { bounds, groups, type Group } from './groups'
import './pins.css'

export interface BrowserMap {
  outlines(outlines: Outlines, name: (properties: Outlines['features'][number]['properties']) => string): void
  sites(sites: SiteSummary[], selected: string[], label: (group: Group) => string): void
  frame(points: { longitude: number; latitude: number }[]): void
  zoom(by: number): void
  remove(): void
}

export interface BrowserMapEvents {
  pick(group: Group): void
  /** The person moved the map; west, south, east, north. */
  view(box: [number, number, number, number]): void
}

export async function openMap(element: HTMLElement, on: BrowserMapEvents): Promise<BrowserMap> {
  const [{ default: L }] = await Promise.all([import('leaflet'), import('leaflet/dist/leaflet.css')])
  const map: LeafletMap = L.map(element, {
    preferCanvas: true,
    zoomControl: false,
    attributionControl: false,
    zoomSnap: 0.25,
    minZoom: 7,
    maxZoom: 14,
    zoomAnimation: !matchMedia('(prefers-reduced-motion: reduce)').matches,
  }).setView([28.75, 111.85], 8)
  const pins: LayerGroup = L.layerGroup().addTo(map)
  let redraw = () => {}
  let framing = false
  map.on('zoomend', () => redraw())
  map.on('moveend', () => {
    const b = map.getBounds()
    if (!framing) on.view([b.getWest(), b.getSouth(), b.getEast(), b.getNorth()])
  })
  const size = new ResizeObserver(() => map.invalidateSize({ pan: false }))
  size.observe(element)

  function quietly(move: () => void) {
    framing = true
    move()
    framing = false
  }

  return {
    outlines(outlines, name) {
      const layer = L.geoJSON(outlines as any, {
        interactive: false,
        style: { color: '#7f9dbd', weight: 1.25, fillColor: '#ffffff', fillOpacity: 1 },
      }).addTo(map)
      for (const f of outlines.features) {
        const at = f.properties.label ?? f.properties.center
        if (!at) continue
        const text = document.createElement('span')
        text.textContent = name(f.properties)
        L.marker([at[1], at[0]], {
          interactive: false,
          keyboard: false,
          icon: L.divIcon({ className: 'palm-county', html: text, iconSize: [120, 18] }),
          zIndexOffset: -1000,
        }).addTo(map)
      }
      quietly(() => map.fitBounds(layer.getBounds(), { paddingTopLeft: [8, 8], paddingBottomRight: [8, 40], animate: false }))
      map.setMaxBounds(layer.getBounds().pad(0.6))
    },
    sites(sites, selected, label) {
      redraw = () => {
        pins.clearLayers()
        for (const group of groups(sites, map.getZoom())) {
          const many = group.sites.length > 1
          const chosen = group.sites.some((s) => selected.includes(s.id))
          const kinds = new Set(group.sites.map((s) => s.kind))
          const look = `palm-pin ${kinds.size > 1 ? 'mixed' : group.sites[0].kind}${many ? ' many' : ''}${chosen ? ' chosen' : ''}`
          const dot = document.createElement('span')
          dot.className = 'dot'
          dot.textContent = many ? String(group.sites.length) : ''
          const marker: Marker = L.marker([group.latitude, group.longitude], {
            icon: L.divIcon({ className: look, html: dot, iconSize: [44, 44] }),
            zIndexOffset: chosen ? 1000 : 0,
          }).addTo(pins)
          marker.getElement()?.setAttribute('aria-label', label(group))
          marker.on('click', () => on.pick(group))
          marker.on('keydown', (e) => e.originalEvent.key === 'Enter' && on.pick(group))
        }
      }
      redraw()
    },
    frame(points) {
      const box = bounds(points)
      if (box) quietly(() => map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { padding: [40, 40], maxZoom: 11, animate: false }))
    },
    zoom: (by) => map.setZoom(map.getZoom() + by),
    remove() {
      size.disconnect()
      map.remove()
    },
  }
}
