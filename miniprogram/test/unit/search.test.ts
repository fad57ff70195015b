import { describe, expect, it } from 'vitest'
import { cut } from '@/packages/search/search/marked'
import { forgetAll, recent, remember } from '@/packages/search/search/recent'

describe('a title with marks', () => {
  it('falls into what was found and what was not', () => {
    expect(cut('益阳市腾飞竹业', [{ from: 3, length: 2 }])).toEqual([
      { text: '益阳市', on: false },
      { text: '腾飞', on: true },
      { text: '竹业', on: false },
    ])
  })
  it('counts characters, also those of two units', () => {
    expect(cut('𠀀竹业', [{ from: 1, length: 2 }])).toEqual([{ text: '𠀀', on: false }, { text: '竹业', on: true }])
  })
  it('is whole without marks, and bears marks that reach too far', () => {
    expect(cut('竹业', [])).toEqual([{ text: '竹业', on: false }])
    expect(cut('竹业', [{ from: 0, length: 9 }])).toEqual([{ text: '竹业', on: true }])
  })
})

describe('recent searches', () => {
  it('stand once, newest first, ten at most, and go with one tap', () => {
    for (let n = 0; n < 12; n++) remember(`q${n}`)
    remember(' q5 ')
    remember(' ')
    expect(recent.value.slice(0, 2)).toEqual(['q5', 'q11'])
    expect(recent.value.length).toBe(10)
    forgetAll()
    expect(recent.value).toEqual([])
  })
})
