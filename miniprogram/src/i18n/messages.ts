/** One room's sentences. Both languages must have the same keys, or this does not compile.
 *  `{name}` in a sentence is replaced by the parameter of that name. */
export function messages<K extends string>(both: { zh: Record<K, string>; en: Record<NoInfer<K>, string> }) {
  return both
}
type NoInfer<T> = [T][T extends any ? 0 : never]
