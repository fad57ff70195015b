/** One pin on the outlines, in a browser: a tap or a drag puts it elsewhere. No tiles and no foreign host. */
import type { Outlines } from '@/api/map'
import '../invest-map/pins.css'

export interface BrowserPin {
  outlines(outlines: Outlines): void
  put(longitude: number, latitude: number): void
  remove(): void
}

export async function openPin(element: HTMLElement, moved: (longitude: number, latitude: number) => void): Promise<BrowserPin> {
  const [{ default: L }] = await Promise.all([import('leaflet'), import('leaflet/dist/leaflet.css')])
  const map = L.map(element, { preferCanvas: true, attributionControl: false, zoomSnap: 0.25, minZoom: 7, maxZoom: 16 }).setView([28.75, 111.85], 8)
  const icon = L.divIcon({ className: 'palm-pin-here', html: '<i></i>', iconSize: [28, 28], iconAnchor: [14, 14] })
  const marker = L.marker([28.57, 112.36], { icon, draggable: true, keyboard: false })
  const told = (at: { lng: number; lat: number }) => moved(Number(at.lng.toFixed(6)), Number(at.lat.toFixed(6)))
  marker.on('dragend', () => told(marker.getLatLng()))
  map.on('click', (e: any) => {
    marker.setLatLng(e.latlng).addTo(map)
    told(e.latlng)
  })
  const size = new ResizeObserver(() => map.invalidateSize({ pan: false }))
  size.observe(element)
  return {
    outlines(outlines) {
      L.geoJSON(outlines as any, { interactive: false, style: { color: '#7f9dbd', weight: 1.25, fillColor: '#ffffff', fillOpacity: 1 } }).addTo(map)
    },
    put(longitude, latitude) {
      marker.setLatLng([latitude, longitude]).addTo(map)
      map.setView([latitude, longitude], Math.max(map.getZoom(), 10), { animate: false })
    },
    remove() {
      size.disconnect()
      map.remove()
    },
  }
}
