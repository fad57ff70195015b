import { describe, expect, it } from 'vitest'
import type { TemplateContent, TemplateField } from '@/api/schema'
import { askedOf, mistakeIn, sent, shownOf, typedOf } from '@/packages/signings/draft/values'
import { apart } from '@/apart'
import { contentOf, freshKey, lacking, move, valuesOfCondition } from '@/packages/signings/template-edit/form'

const field = (key: string, kind: TemplateField['kind'], more: Partial<TemplateField> = {}): TemplateField => ({ key, label: key, label_en: key, kind, required: true, ...more })
const fields = [
  field('guarantee', 'yes_no'),
  field('deposit_fen', 'money', { when: { field: 'guarantee', test: 'is', value: 'yes' } }),
  field('mode', 'choice', { choices: [{ value: 'lease', label: '租赁', label_en: 'lease' }, { value: 'grant', label: '出让', label_en: 'grant' }] }),
  field('plan', 'table', { required: false, columns: [{ key: 'phase', label: '阶段', label_en: 'Phase', kind: 'text' }, { key: 'fen', label: '投资额', label_en: 'Amount', kind: 'money' }] }),
]
const values = { guarantee: true, deposit_fen: 1_000_000, mode: 'lease', plan: [{ phase: '一期', fen: 2_000_000 }, { phase: '二期' }] }

describe('what is filled in', () => {
  it('comes back from what was typed as it was', () => {
    const typed = typedOf(fields, values)
    expect([typed.guarantee, typed.deposit_fen]).toEqual(['yes', '1'])
    expect(sent(fields, typed)).toEqual(values)
    expect(sent(fields, typedOf(fields, { guarantee: false }))).toEqual({ guarantee: false })
  })
  it('asks for a field only while its condition holds', () => {
    const keys = (guarantee: string) => askedOf(fields, { guarantee }).map((f) => f.key)
    expect(keys('yes')).toContain('deposit_fen')
    expect(keys('no')).not.toContain('deposit_fen')
    expect(keys('')).not.toContain('deposit_fen')
  })
  it('names an empty row and a wrong amount of a table', () => {
    const typed = (rows: unknown) => mistakeIn(fields[3], JSON.stringify(rows))
    expect(typed([{ phase: '一期' }])).toBe('')
    expect(typed([{}])).not.toBe('')
    expect(typed([{ phase: '一期', fen: 'many' }])).not.toBe('')
  })
  it('is read by its labels', () => {
    expect([shownOf(fields[2], 'grant'), shownOf(fields[3], values.plan)]).toEqual(['出让', '一期 2; 二期'])
  })
})

describe('two wordings', () => {
  it('are told apart where they differ', () => {
    expect(apart('在十五个工作日内指定', '在十个工作日内指定')).toEqual({ head: '在十', old: '五', new: '', tail: '个工作日内指定' })
    expect(apart('', '新')).toEqual({ head: '', old: '', new: '新', tail: '' })
    expect(apart('𠮷甲', '𠮷乙')).toEqual({ head: '𠮷', old: '甲', new: '乙', tail: '' })
  })
})

describe('a template while it is written', () => {
  const content: TemplateContent = {
    language: 'zh', cover: true, opening: ' 开头 ', fields: [{ ...fields[2], max_length: 5, help: ' ' }, fields[0]],
    articles: [{ key: 'one', heading: '', clauses: [{ key: 'a', kind: 'text', text: ' 条款 ', field: 'mode', when: { field: '', test: 'is' } }] }], samples: {},
  }
  it('sends nothing empty, and of each kind only what belongs to it', () => {
    const whole = JSON.parse(JSON.stringify(contentOf(content, { mode: 'lease' }))) as TemplateContent
    expect(whole.articles).toEqual([{ key: 'one', clauses: [{ key: 'a', kind: 'text', text: '条款' }] }])
    expect(whole.fields[0]).not.toHaveProperty('max_length')
    expect(whole.fields[1]).not.toHaveProperty('choices')
    expect([whole.opening, whole.samples]).toEqual(['开头', { mode: 'lease' }])
  })
  it('names the first place that lacks something', () => {
    expect(lacking(content)).toBeUndefined()
    const bare = { ...content, articles: [{ key: 'one', clauses: [{ key: 'a', kind: 'lines' as const }] }] }
    expect(lacking(bare)).toBe('content.articles[0].clauses[0].field')
  })
  it('gives keys that nothing bears, and moves within bounds', () => {
    expect(freshKey('clause', ['clause_1', 'clause_3'])).toBe('clause_4')
    const list = [1, 2, 3]
    move(list, 0, -1)
    move(list, 2, 1)
    move(list, 1, -1)
    expect(list).toEqual([2, 1, 3])
    expect([valuesOfCondition(fields[0]), valuesOfCondition(fields[3])]).toEqual([['yes', 'no'], []])
  })
})
