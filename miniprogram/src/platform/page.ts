/** The page that is open now. */
export function pathWithQuery(): string {
  const page = getCurrentPages().slice(-1)[0] as unknown as { route?: string; options?: Record<string, string>; $page?: { fullPath: string } }
  if (!page) return ''
  if (page.$page?.fullPath) return page.$page.fullPath
  const search = Object.entries(page.options ?? {}).map(([k, v]) => `${k}=${v}`).join('&')
  return `/${page.route}${search ? `?${search}` : ''}`
}

/** Short names, so that more of a long value fits into a code. */
const SHORT: Record<string, string> = { n: 'sequence', h: 'hash' }

/** What a code says (`scene`, 32 characters at most) as the parameters of a link: pairs, or an id alone under whatever
 *  name its page knows it. A UUID comes without its hyphens. */
export function sceneParameters(scene = ''): Record<string, string> {
  if (!scene) return {}
  if (scene.includes('=')) {
    return Object.fromEntries(scene.split('&').map((pair) => pair.split('=')).map(([k, v]) => [SHORT[k] ?? k, v ?? '']))
  }
  const id = /^[0-9a-f]{32}$/.test(scene) ? scene.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : scene
  return { id, slug: id, unit: id }
}

/** Parameters arrive encoded in WeChat and decoded in browsers; this reads both, from a link and from a code. */
export function parameters<T extends string>(given: Record<string, unknown> | undefined): Partial<Record<T, string>> {
  const out: Record<string, string> = {}
  for (const [k, v] of Object.entries(given ?? {})) {
    try {
      out[k] = decodeURIComponent(String(v))
    } catch {
      out[k] = String(v)
    }
  }
  return { ...sceneParameters(out.scene), ...out } as Partial<Record<T, string>>
}
