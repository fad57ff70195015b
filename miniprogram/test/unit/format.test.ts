import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { setLanguage } from '@/i18n'
import { formatOwnTime, isAbroad } from '@/i18n/format'

/** The reader's clock stands in a zone, by the zones' own tables. */
function stand(zone: string) {
  const shown = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
  vi.spyOn(Date.prototype, 'getTimezoneOffset').mockImplementation(function (this: Date) {
    const name = shown.formatToParts(this).find((part) => part.type === 'timeZoneName')!.value
    const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name)!
    return (sign === '-' ? 1 : -1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0))
  })
}
beforeEach(() => setLanguage('zh'))
afterEach(() => void vi.restoreAllMocks())

it('says nothing of a second clock where it agrees with that of Beijing', () => {
  for (const zone of ['Asia/Shanghai', 'Asia/Singapore', 'Australia/Perth']) {
    stand(zone)
    expect([isAbroad('2026-11-24T06:30:00Z'), formatOwnTime('2026-11-24T06:30:00Z')]).toEqual([false, ''])
  }
  stand('Europe/Berlin')
  expect([isAbroad(), formatOwnTime(null), formatOwnTime('')]).toEqual([true, '', ''])
})

it('names the day when it is another than in Beijing, before it and after it', () => {
  stand('America/New_York')
  expect(formatOwnTime('2026-11-24T01:00:00Z')).toBe('2026年11月23日 20:00 (UTC−5)')
  stand('Pacific/Auckland')
  expect(formatOwnTime('2026-06-30T08:30:00Z')).toBe('20:30 (UTC+12)')
  expect(formatOwnTime('2026-06-30T12:30:00Z')).toBe('2026年7月1日 00:30 (UTC+12)')
  setLanguage('en')
  expect(formatOwnTime('2026-06-30T12:30:00Z')).toBe('1 Jul 2026 00:30 (UTC+12)')
})

it('reads clocks that differ by half an hour and by three quarters', () => {
  stand('Asia/Kolkata')
  expect(formatOwnTime('2026-11-24T06:30:00Z')).toBe('12:00 (UTC+5.5)')
  stand('Asia/Kathmandu')
  expect(formatOwnTime('2026-11-24T06:30:00Z')).toBe('12:15 (UTC+5.75)')
  stand('America/St_Johns')
  expect(formatOwnTime('2026-11-24T06:30:00Z')).toBe('03:00 (UTC−3.5)')
})

it('takes the summer time of the talk, not of today', () => {
  stand('Europe/Berlin')
  expect([formatOwnTime('2026-07-01T06:00:00Z'), formatOwnTime('2026-12-01T06:00:00Z')]).toEqual(['08:00 (UTC+2)', '07:00 (UTC+1)'])
  // The night on which the clocks go forward, 2026-03-29 01:00Z.
  expect([formatOwnTime('2026-03-29T00:59:00Z'), formatOwnTime('2026-03-29T01:00:00Z')]).toEqual(['01:59 (UTC+1)', '03:00 (UTC+2)'])
})
