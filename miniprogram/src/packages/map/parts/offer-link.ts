/** The link of an offer: its secret is known to this page alone, and only until it is closed. */
import { webLink } from '@/platform/link'
import { pathOf } from '@/routes'

const secrets = new Map<string, string>()

export function keepLink(id: string, token?: string | null) {
  if (token) secrets.set(id, token)
}
export function linkOf(id: string): string {
  const token = secrets.get(id)
  return token ? webLink(pathOf('map/read'), { t: token }) : ''
}
