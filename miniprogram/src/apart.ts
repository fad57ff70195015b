/** Two wordings of one passage: what they share at both ends, and what stands between. */
export function apart(before: string, after: string): { head: string; old: string; new: string; tail: string } {
  // By whole signs: half of one outside the basic plane would be torn.
  const [a, b] = [[...before], [...after]]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const middle = (all: string[]) => all.slice(start, all.length - end).join('')
  return { head: a.slice(0, start).join(''), old: middle(a), new: middle(b), tail: a.slice(a.length - end, a.length).join('') }
}
