/** A title cut into parts that answer the question and parts that do not. */
export interface Part {
  text: string
  on: boolean
}

/** Marks count characters, not units of UTF-16. */
export function cut(text: string, marks: { from: number; length: number }[]): Part[] {
  const characters = Array.from(text)
  const parts: Part[] = []
  let at = 0
  const add = (to: number, on: boolean) => {
    if (to > at) parts.push({ text: characters.slice(at, to).join(''), on })
    at = Math.max(at, to)
  }
  for (const mark of marks) {
    add(mark.from, false)
    add(mark.from + mark.length, true)
  }
  add(characters.length, false)
  return parts
}
