/** The page that is open now. */
export function pathWithQuery(): string {
  const page = getCurrentPages().slice(-1)[0] as unknown as { route?: string; options?: Record<string, string>; $page?: { fullPath: string } }
  if (!page) return ''
  if (page.$page?.fullPath) return page.$page.fullPath
  const search = Object.entries(page.options ?? {}).map(([k, v]) => `${k}=${v}`).join('&')
  return `/${page.route}${search ? `?${search}` : ''}`
}

/** Parameters arrive encoded in WeChat and decoded in browsers; this reads both. */
export function parameters<T extends string>(given: Record<string, unknown> | undefined): Partial<Record<T, string>> {
  const out: Record<string, string> = {}
  for (const [k, v] of Object.entries(given ?? {})) {
    try {
      out[k] = decodeURIComponent(String(v))
    } catch {
      out[k] = String(v)
    }
  }
  return out as Partial<Record<T, string>>
}
