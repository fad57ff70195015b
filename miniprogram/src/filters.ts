/** Whether two sets of a list's filters ask for the same; what is off may be left out, empty or null. */
export function isSameFilter(a: unknown, b: unknown): boolean {
  return text(a) === text(b)
}

function text(filter: unknown): string {
  if (filter === null || filter === undefined || filter === '') return ''
  if (typeof filter !== 'object') return JSON.stringify(filter)
  const entries = Object.entries(filter).map(([name, value]) => [name, text(value)])
  return JSON.stringify(entries.filter(([, value]) => value).sort(([x], [y]) => (x < y ? -1 : 1)))
}
