/** The map in a browser: Leaflet, loaded when a map is first opened. No tiles and no foreign host: county outlines
 *  on paper colour, and one pin per mark. */
import type { Map as LeafletMap, Marker, LayerGroup, LatLngExpression } from 'leaflet'
import type { Box, Outlines } from '@/api/map'
import type { RedLineFeature, SurroundingFeature } from '@/api/schema'
import type { Mark } from './groups'
import './pins.css'

export interface BrowserMap {
  outlines(outlines: Outlines, name: (properties: Outlines['features'][number]['properties']) => string): void
  marks(marks: Mark[], selected: string[], label: (mark: Mark) => string): void
  surroundings(all: SurroundingFeature[], sign: (one: SurroundingFeature) => string, label: (one: SurroundingFeature) => string): void
  lines(lines: RedLineFeature[]): void
  polygon(corners: [number, number][], closed: boolean): void
  frame(box: Box, closest?: number): void
  go(longitude: number, latitude: number, zoom: number): void
  whole(): void
  zoom(by: number): void
  view(): { box: Box; zoom: number }
  remove(): void
}

export interface BrowserMapEvents {
  pick(mark: Mark): void
  /** The map shows something else now; by a person's hand, or framed by us. */
  view(box: Box, zoom: number, byPerson: boolean): void
  tap(longitude: number, latitude: number): void
}

export async function openMap(element: HTMLElement, on: BrowserMapEvents): Promise<BrowserMap> {
  const [{ default: L }] = await Promise.all([import('leaflet'), import('leaflet/dist/leaflet.css')])
  const map: LeafletMap = L.map(element, {
    preferCanvas: true,
    zoomControl: false,
    attributionControl: false,
    zoomSnap: 0.25,
    minZoom: 7,
    maxZoom: 16,
    zoomAnimation: !matchMedia('(prefers-reduced-motion: reduce)').matches,
  }).setView([28.75, 111.85], 8)
  const under: LayerGroup = L.layerGroup().addTo(map)
  const drawn: LayerGroup = L.layerGroup().addTo(map)
  const near: LayerGroup = L.layerGroup().addTo(map)
  const pins: LayerGroup = L.layerGroup().addTo(map)
  let home: any
  let framing = false
  const seen = () => {
    const b = map.getBounds()
    return { box: [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()] as Box, zoom: map.getZoom() }
  }
  map.on('moveend', () => on.view(seen().box, seen().zoom, !framing))
  map.on('click', (e) => on.tap(e.latlng.lng, e.latlng.lat))
  const size = new ResizeObserver(() => quietly(() => map.invalidateSize({ pan: false })))
  size.observe(element)

  function quietly(move: () => void) {
    framing = true
    move()
    framing = false
  }
  const at = ([longitude, latitude]: number[]): LatLngExpression => [latitude, longitude]

  return {
    outlines(outlines, name) {
      const layer = L.geoJSON(outlines as any, {
        interactive: false,
        style: { color: '#7f9dbd', weight: 1.25, fillColor: '#ffffff', fillOpacity: 1 },
      }).addTo(map)
      layer.bringToBack()
      for (const f of outlines.features) {
        const where = f.properties.label ?? f.properties.center
        if (!where) continue
        const text = document.createElement('span')
        text.textContent = name(f.properties)
        L.marker([where[1], where[0]], {
          interactive: false,
          keyboard: false,
          icon: L.divIcon({ className: 'palm-county', html: text, iconSize: [120, 18] }),
          zIndexOffset: -1000,
        }).addTo(map)
      }
      home = layer.getBounds()
      map.setMaxBounds(home.pad(0.6))
    },
    marks(marks, selected, label) {
      pins.clearLayers()
      for (const mark of marks) {
        const many = mark.count > 1
        const chosen = mark.ids.some((id) => selected.includes(id))
        const grey = !many && mark.site?.stale ? ' stale' : ''
        const size = mark.count >= 100 ? ' huge' : mark.count >= 10 ? ' large' : ''
        const look = `palm-pin ${many ? `mixed many${size}` : (mark.site?.kind ?? 'mixed')}${grey}${chosen ? ' chosen' : ''}`
        const dot = document.createElement('span')
        dot.className = 'dot'
        dot.textContent = many ? (mark.count > 9999 ? `${Math.floor(mark.count / 1000)}k` : String(mark.count)) : ''
        const marker: Marker = L.marker([mark.latitude, mark.longitude], {
          icon: L.divIcon({ className: look, html: dot, iconSize: [44, 44] }),
          zIndexOffset: chosen ? 1000 : 0,
        }).addTo(pins)
        marker.getElement()?.setAttribute('aria-label', label(mark))
        marker.on('click', () => on.pick(mark))
        marker.on('keydown', (e) => e.originalEvent.key === 'Enter' && on.pick(mark))
      }
    },
    surroundings(all, sign, label) {
      near.clearLayers()
      for (const one of all) {
        const square = document.createElement('span')
        square.className = 'square'
        square.textContent = sign(one)
        const marker = L.marker(at(one.geometry.coordinates), {
          keyboard: false,
          icon: L.divIcon({ className: `palm-near${one.properties.stale ? ' stale' : ''}`, html: square, iconSize: [24, 24] }),
          zIndexOffset: -500,
        }).addTo(near)
        marker.bindTooltip(label(one), { direction: 'top', offset: [0, -12] })
      }
    },
    lines(lines) {
      under.clearLayers()
      for (const line of lines) {
        L.polygon(line.geometry.coordinates[0].map(at), { interactive: false, color: '#b3261e', weight: 2, fillColor: '#b3261e', fillOpacity: 0.08 }).addTo(under)
      }
    },
    polygon(corners, closed) {
      drawn.clearLayers()
      const style = { interactive: false, color: '#0e4f92', weight: 2, dashArray: '6 5' }
      if (closed && corners.length > 2) L.polygon(corners.map(at), { ...style, fillOpacity: 0.06 }).addTo(drawn)
      else L.polyline(corners.map(at), style).addTo(drawn)
      if (!closed) for (const corner of corners) L.circleMarker(at(corner), { interactive: false, radius: 6, color: '#fff', weight: 2, fillColor: '#0e4f92', fillOpacity: 1 }).addTo(drawn)
    },
    frame: (box, closest = 11) => quietly(() => map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { padding: [40, 40], maxZoom: closest, animate: false })),
    go: (longitude, latitude, zoom) => quietly(() => map.setView([latitude, longitude], zoom, { animate: false })),
    whole: () => home && quietly(() => map.fitBounds(home, { paddingTopLeft: [8, 8], paddingBottomRight: [8, 40], animate: false })),
    zoom: (by) => map.setZoom(map.getZoom() + by),
    view: seen,
    remove() {
      size.disconnect()
      map.remove()
    },
  }
}
