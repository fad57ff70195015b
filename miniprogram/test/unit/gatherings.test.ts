import { describe, expect, it } from 'vitest'
import { codeOf, spaced, ticketIn } from '@/packages/gatherings/parts/ticket-code'
import { agendaIsWrong, formOf, freshForm, planOf, questionIsWrong } from '@/packages/gatherings/edit/plan'
import { sha256 } from '@/sha256'

describe('the door', () => {
  it('hashes as every other SHA-256 does', () => {
    const known: [string, string][] = [
      ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
      ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
      ['票'.repeat(40), '5addfd8cee263f3e763033abb2136db00c079142b593567afa22e2d32897fc9b'],
      ['a'.repeat(55), '9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318'],
      ['a'.repeat(56), 'b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a'],
      ['a'.repeat(64), 'ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb'],
    ]
    for (const [text, hash] of known) expect(sha256(text)).toBe(hash)
  })
  it('reads a ticket from a scan and from what somebody typed, and nothing else', () => {
    const ticket = '0123456789abcdef0123456789abcdef'
    for (const text of [codeOf(ticket), ticket, spaced(ticket).toUpperCase(), ` ${ticket}\n`]) expect(ticketIn(text)).toBe(ticket)
    for (const text of ['', 'https://example.invalid/', ticket.slice(1), `${ticket}0`]) expect(ticketIn(text)).toBeUndefined()
  })
})

describe('the form of a plan', () => {
  it('reads back what it wrote, in Beijing time', () => {
    const form = {
      ...freshForm('示例'), title: '会', summary: '介绍', place: '会堂', day: '2026-12-01', starts: '09:30', end_day: '2026-12-02', ends: '11:00',
      close_day: '2026-11-30', closes: '18:00', agenda: '09:30 | 开场 | 张三 | Opening | Zhang\n12-02 10:00 | 考察', releases: '项目 | Project', sites: ['site-1'],
      questions: [{ label: '环节', label_en: '', kind: 'choice' as const, required: true, choices: '甲、乙' }], contact_phone: '19000000001',
    }
    const plan = planOf(form, () => '地块')
    expect(plan.starts_at).toBe('2026-12-01T01:30:00.000Z')
    expect(plan.agenda[1].at).toBe('2026-12-02T02:00:00.000Z')
    expect(plan.releases).toEqual([{ title: '项目', title_en: 'Project' }, { title: '地块', site_id: 'site-1' }])
    const again = formOf(JSON.parse(JSON.stringify(plan)))
    expect({ ...again, title_en: '', summary_en: '' }).toEqual({ ...form, title_en: '', summary_en: '' })
  })
  it('finds lines that cannot be read', () => {
    expect(agendaIsWrong({ ...freshForm(''), agenda: '9点 | 开场' })).toBe(true)
    expect(agendaIsWrong({ ...freshForm(''), agenda: '09:30 |' })).toBe(true)
    expect(agendaIsWrong({ ...freshForm(''), agenda: '\n09:30 | 开场\n' })).toBe(false)
    expect(questionIsWrong({ label: 'x', label_en: '', kind: 'choice', required: false, choices: '一' })).toBe(true)
  })
})
