import { beforeEach, expect, it } from 'vitest'
import { ApiError } from '@/api/http'
import { language, pick, setLanguage, t, untranslated } from '@/i18n'
import * as format from '@/i18n/format'

beforeEach(() => setLanguage('zh'))

it('remembers the language', () => {
  setLanguage('en')
  expect([language.value, uni.getStorageSync('palm.language')]).toEqual(['en', 'en'])
})

it('fills in parameters', () => {
  expect(t('map.results', { n: 3 })).toBe('共 3 处')
  setLanguage('en')
  expect(t('map.results', { n: 3 })).toBe('3 sites')
})

it('has every sentence in both languages, with the same parameters', () => {
  const parameters = (s: string) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort().join()
  const rooms = import.meta.glob<any>('../../src/i18n/*.ts', { eager: true })
  for (const [file, { default: room }] of Object.entries(rooms)) {
    if (!room?.zh) continue
    expect(Object.keys(room.en).sort(), file).toEqual(Object.keys(room.zh).sort())
    for (const key of Object.keys(room.zh)) {
      expect(room.en[key], `${file} ${key}`).toBeTruthy()
      if (key !== 'day_pattern') expect(parameters(room.en[key]), `${file} ${key}`).toBe(parameters(room.zh[key]))
    }
  }
})

it('keeps Chinese in the message files', () => {
  const sources = import.meta.glob<string>('../../src/**/*.{ts,vue}', { eager: true, query: '?raw', import: 'default' })
  const comments = /\/\*[\s\S]*?\*\/|\/\/.*|<!--[\s\S]*?-->/g
  const strays = Object.keys(sources).filter((f) => !f.includes('/src/i18n/') && /[\u4e00-\u9fff]/.test(sources[f].replace(comments, '')))
  expect(strays).toEqual([])
})

it('falls back to Chinese and says so', () => {
  const site = { name: '甲', name_en: null, summary: '乙', summary_en: 'B' }
  setLanguage('en')
  expect([pick(site, 'name'), untranslated(site, 'name')]).toEqual(['甲', true])
  expect([pick(site, 'summary'), untranslated(site, 'summary')]).toEqual(['B', false])
})

it('puts failures without a sentence into words', () => {
  expect(new ApiError(0, 'network.timeout', '', '').detail).toBe('服务器响应超时，请稍后重试。')
  setLanguage('en')
  expect(new ApiError(500, 'status.server', '', '').detail).toContain('temporarily unavailable')
})

it('shows times in Beijing, whatever the device thinks', () => {
  expect(format.formatMoment('2026-11-24T17:30:00.000Z')).toBe('2026年11月25日 01:30')
  expect(format.instantOf('2026-11-25', '01:30')).toBe('2026-11-24T17:30:00.000Z')
  expect(format.formatWeekday('2026-11-24')).toBe('周二')
  setLanguage('en')
  expect(format.formatMoment('2026-11-24T17:30:00.000Z')).toBe('25 Nov 2026, 01:30')
})

it('shows money and areas as they are read here', () => {
  expect(format.formatMoney(12_345_600)).toBe('12.35 万元')
  expect(format.formatMoney(50_000_000_000)).toBe('5 亿元')
  expect(format.formatArea(66_667, 'land')).toBe('100 亩')
  expect(format.formatArea(5200, 'floor')).toBe('5,200 m²')
  expect(format.formatLandPrice(26_500_000)).toBe('26.5 万元/亩')
  setLanguage('en')
  expect(format.formatMoney(50_000_000_000)).toBe('CNY 500 million')
  expect(format.formatLandPrice(26_500_000)).toBe('CNY 265,000 per mu')
})
