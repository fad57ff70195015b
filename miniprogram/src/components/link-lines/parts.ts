/** What a link to a page of this app consists of, and how long a short one may open it. */

/** Page and query of a link such as `https://…/#/packages/leads/confirm/index?id=1`. */
export function partsOfLink(link: string): { page: string; query?: string } | undefined {
  const [page, query] = (link.split('#/')[1] ?? '').split('?')
  return page ? { page, ...(query ? { query } : {}) } : undefined
}

/** Whole days until the end, as WeChat takes them: 1 to 30. */
export function daysOfLink(until: string | null | undefined, now: number): number {
  const days = Math.ceil((Date.parse(until ?? '') - now) / 864e5)
  return Math.min(30, Math.max(1, days || 30))
}
