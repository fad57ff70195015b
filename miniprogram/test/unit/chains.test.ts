import { describe, expect, it } from 'vitest'
import { contentOf, emptyLink, formOf, twice, wrongLink } from '@/packages/chains/edit/form'

describe('a chain while it is written', () => {
  const content = {
    name: '竹产业',
    industry: 'bamboo' as const,
    basis: '示例文件',
    links: [
      { place: 'up' as const, name: '竹林培育', gap: false, locals: [{ feature_id: 'demo-enterprise-3' }] },
      { place: 'mid' as const, name: '竹纤维', gap: true, gap_note: '没有', locals: [{ name: '示例厂', source: '台账', source_on: '2026-02-01' }] },
    ],
  }
  it('comes back as it was', () => {
    expect(contentOf(formOf(content))).toEqual(content)
  })
  it('drops the note of a gap that is none', () => {
    const form = formOf(content)
    form.links[1].gap = false
    expect(contentOf(form).links[1].gap_note).toBeUndefined()
  })
  it('tells what is wrong with a link', () => {
    const form = formOf(content)
    expect([0, 1].map((n) => wrongLink(form, n))).toEqual([false, false])
    form.links.push({ ...emptyLink('down'), name: ' 竹纤维 ' })
    expect([twice(form, 1), wrongLink(form, 2)]).toEqual([true, true])
    form.links[2].name = '竹家居'
    form.links[2].locals.push({ feature_id: '', name: '示例厂', source: '', source_on: '' })
    expect(wrongLink(form, 2)).toBe(true)
  })
})
