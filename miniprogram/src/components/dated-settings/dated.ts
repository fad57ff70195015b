/** Splits dated values, oldest first, into the one that holds and those to come. */
export function dated<T extends { effective_at: string }>(all: T[]) {
  const now = Date.now()
  return { now: all.filter((one) => Date.parse(one.effective_at) <= now).pop(), next: all.filter((one) => Date.parse(one.effective_at) > now) }
}
