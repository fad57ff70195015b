import { describe, expect, it } from 'vitest'
import type { PageContent } from '@/api/schema'
import { contentOf, emptyBenefit, emptyCondition, emptyMedium, emptyStep, formOf, lacking } from '@/packages/content/edit/form'

const policy: PageContent = {
  title: '示例', title_en: 'Sample', summary: '摘要', body_md: '## 一\n\n二', steps: [], source: '来源', source_url: 'https://policy.example/1', source_on: '2026-01-05',
  document_no: '示例〔2026〕9号', sort: 5, in_personal_guide: false,
  terms: {
    from_on: '2026-01-01',
    conditions: [{ aspect: 'industry', any_of: ['bamboo'], clause: '第二条' }, { aspect: 'investment', any_of: [], at_least_fen: 2_000_000_000, clause: '第三条' }],
    benefits: [{ name: '补助', clause: '第五条', cap_fen: 800_000_000, tiers: [{ from_fen: 0, fixed_fen: 0, share_hundredths_percent: 325 }] }],
  },
}
const guide: PageContent = {
  title: '示例', summary: '摘要', body_md: '一', source: '来源', source_on: '2026-01-05', sort: 1, in_personal_guide: true,
  media: [{ sha256: 'a'.repeat(64), kind: 'film', title: '园区', title_en: 'Park', words: '画面', captions: 'b'.repeat(64) }],
  steps: [{ title: '登记', owner: '某局', days: 2, documents: ['甲', '乙'], documents_en: ['A', 'B'], cost: '免费', complaint: '12345', origins: ['foreign'], needs: ['land'] }],
}
const bare = (content: PageContent) => JSON.parse(JSON.stringify(content))

describe('a page while it is written', () => {
  it('comes back as it was', () => {
    expect(bare(contentOf(formOf(policy), true))).toEqual(policy)
    expect(bare(contentOf(formOf(guide), false))).toEqual(guide)
    expect(lacking(formOf(policy), true)).toEqual([])
    expect(lacking(formOf(guide), false)).toEqual([])
  })
  it('of a guide has no terms, nor has a policy that cannot be reckoned with', () => {
    expect(contentOf(formOf(policy), false).terms).toBeUndefined()
    expect(contentOf({ ...formOf(policy), reckoned: false }, true).terms).toBeUndefined()
  })
  it('says what is missing at its place', () => {
    expect(lacking(formOf(), true)).toEqual(['content.title', 'content.summary', 'content.body_md', 'content.source', 'content.source_on'])
    const form = { ...formOf(policy), source_url: 'javascript:alert(1)', sort: 'x', steps: [{ ...emptyStep(), days: '0' }] }
    form.media = [emptyMedium('a'.repeat(64), 'film')]
    form.terms = { ...form.terms, from_on: '', conditions: [emptyCondition(), { ...emptyCondition(), aspect: 'investment' }], benefits: [{ ...emptyBenefit(), cap: 'x' }] }
    form.terms.benefits[0].tiers[0].share = '101'
    expect(lacking(form, true)).toEqual([
      'content.source_url', 'content.sort', 'content.steps[0].title', 'content.steps[0].owner', 'content.steps[0].days', 'content.media[0].title', 'content.media[0].words', 'content.terms.from_on',
      'content.terms.conditions[0].clause', 'content.terms.conditions[0].any_of', 'content.terms.conditions[1].clause', 'content.terms.conditions[1].at_least_fen',
      'content.terms.benefits[0].name', 'content.terms.benefits[0].clause', 'content.terms.benefits[0].cap_fen', 'content.terms.benefits[0].tiers[0].share_hundredths_percent',
    ])
  })
})
