/** The order in which a screen shows what happened: one moment after the other, none lost, none twice. */
import type { ScreenView } from '@/api/schema'

export interface Shown {
  /** Whether a party's signature was shown, by place of agreement and party. */
  signed: (agreement: number, party: number) => boolean
  concluded: (agreement: number) => boolean
  totals: { concluded: number; signed: number; concluded_fen: number }
  /** The agreement that the audience looks at. */
  spotlight: number
}

/** What is to be seen after the first `count` moments. */
export function after(view: ScreenView, count: number): Shown {
  const signed = new Set<string>()
  const concluded = new Set<number>()
  for (const moment of view.moments.slice(0, count)) {
    if (moment.kind === 'completed') concluded.add(moment.agreement)
    else signed.add(`${moment.agreement}/${moment.party}`)
  }
  const last = view.moments[count - 1]
  const waiting = view.agreements.findIndex((_, n) => !concluded.has(n))
  return {
    signed: (agreement, party) => signed.has(`${agreement}/${party}`),
    concluded: (agreement) => concluded.has(agreement),
    totals: {
      concluded: concluded.size,
      signed: signed.size,
      concluded_fen: [...concluded].reduce((sum, n) => sum + (view.agreements[n]?.intended_fen ?? 0), 0),
    },
    spotlight: last ? last.agreement : Math.max(0, waiting),
  }
}

/** How long a moment stays before the next: shorter when many wait, so that a screen catches up. */
export const pace = (waiting: number) => (waiting > 12 ? 350 : waiting > 4 ? 900 : 2200)

/** What is left until an instant, by the server's clock: days, and hours, minutes and seconds as a clock shows them. */
export function countdown(startsAt: string, now: number): { days: number; clock: string } | undefined {
  const left = Math.floor((Date.parse(startsAt) - now) / 1000)
  if (!(left > 0)) return undefined
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  return { days: Math.floor(left / 86400), clock: `${two((left % 86400) / 3600)}:${two((left % 3600) / 60)}:${two(left % 60)}` }
}
