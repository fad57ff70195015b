import { describe, expect, it } from 'vitest'
import type { ScreenView } from '@/api/schema'
import { after, countdown, pace } from '@/packages/signings/stage/play'

const party = (organisation: string) => ({ title: '甲方', title_en: 'Party A', organisation, signer_masked: '王*', state: 'signed' as const })
const agreement = (seq: number, intended_fen: number) => ({
  seq, agreement_id: String(seq), number: `YQY-${seq}`, project_name: `P${seq}`, intended_fen, state: 'completed' as const,
  parties: [party('A'), party('B')],
})
const view = {
  agreements: [agreement(1, 100), agreement(2, 50)],
  moments: [
    { at: '1', kind: 'signed', agreement: 0, party: 1 },
    { at: '2', kind: 'signed', agreement: 1, party: 0 },
    { at: '3', kind: 'signed', agreement: 0, party: 0 },
    { at: '3', kind: 'completed', agreement: 0 },
  ],
} as unknown as ScreenView

describe('a stage', () => {
  it('shows nothing that was not shown yet, and looks at the first agreement', () => {
    const shown = after(view, 0)
    expect([shown.signed(0, 1), shown.concluded(0), shown.totals.signed, shown.spotlight]).toEqual([false, false, 0, 0])
  })
  it('shows moments one after the other and follows them', () => {
    expect(after(view, 1).signed(0, 1)).toBe(true)
    expect(after(view, 2).spotlight).toBe(1)
    const all = after(view, 4)
    expect([all.concluded(0), all.concluded(1), all.spotlight]).toEqual([true, false, 0])
    expect(all.totals).toEqual({ concluded: 1, signed: 3, concluded_fen: 100 })
  })
  it('goes faster while many wait', () => {
    expect(pace(20)).toBeLessThan(pace(6))
    expect(pace(6)).toBeLessThan(pace(1))
  })
  it('counts down by the clock that it is given and ends at nothing', () => {
    expect(countdown('2026-11-28T01:30:00Z', Date.parse('2026-11-28T00:00:00Z'))).toEqual({ days: 0, clock: '01:30:00' })
    expect(countdown('2026-11-29T01:30:00Z', Date.parse('2026-11-28T00:00:00Z'))).toEqual({ days: 1, clock: '01:30:00' })
    expect(countdown('2026-11-28T01:30:00Z', Date.parse('2026-11-28T01:30:00Z'))).toBeUndefined()
  })
})
