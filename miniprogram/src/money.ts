/** Money as people type it (万元) and as the API wants it (whole fen). */
const FEN_PER_WAN = 1_000_000

/** Undefined when the text is not an amount of at most six decimals of 万元. */
export function fenOfWan(text: string): number | undefined {
  const trimmed = text.replace(/,/g, '').trim()
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(trimmed)) return undefined
  return Math.round(Number(trimmed) * FEN_PER_WAN)
}

export const wanOfFen = (fen?: number | null) => (fen === undefined || fen === null ? '' : String(fen / FEN_PER_WAN))
