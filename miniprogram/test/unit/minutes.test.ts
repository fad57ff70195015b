import { beforeEach, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/http'
import type { MinutesView, SetMinutes } from '@/api/schema'

const server = { number: 1, revision: 0, summary: '', by: '' }
const view = () => ({ ...server, state: 'draft', written_by_name: server.by, written_at: '2026-12-01T00:00:00Z', agreed_points: [], follow_ups: [], may: ['write'] }) as unknown as MinutesView
vi.mock('@/api/talks', () => ({
  findMinutes: async () => view(),
  writeMinutes: async (_id: string, body: SetMinutes) => {
    if (body.number !== server.number || body.revision !== server.revision) throw new ApiError(409, 'minutes.written_meanwhile', '', '')
    Object.assign(server, { revision: server.revision + 1, summary: body.summary, by: 'me' })
    return view()
  },
}))
const { useDraft } = await import('@/packages/talks/minutes/draft')

beforeEach(() => {
  Object.assign(server, { number: 1, revision: 0, summary: '', by: '' })
})

it('keeps a draft that goes on being written, one saving after the other', async () => {
  let words = 'one'
  const draft = useDraft(() => 'talk', () => ({ summary: words, agreed_points: [], follow_ups: [] }))
  draft.begin()
  const first = draft.save()
  words = 'two'
  await Promise.all([first, draft.save()])
  expect([server.revision, server.summary, draft.unsaved.value]).toEqual([2, 'two', false])
})

it('is told what a colleague wrote, saves nothing until that is decided, and loses nothing', async () => {
  const draft = useDraft(() => 'talk', () => ({ summary: 'mine', agreed_points: [], follow_ups: [] }))
  draft.begin()
  Object.assign(server, { revision: 3, summary: 'theirs', by: 'colleague' })
  expect(await draft.save()).toBeUndefined()
  expect([draft.theirs.value?.written_by_name, draft.unsaved.value, server.summary]).toEqual(['colleague', true, 'theirs'])
  expect(await draft.save()).toBeUndefined()
  expect(server.summary).toBe('theirs')
  await draft.keepMine()
  expect([server.summary, draft.theirs.value, draft.unsaved.value]).toEqual(['mine', undefined, false])
})

it('follows a version that was answered by the next one', async () => {
  Object.assign(server, { number: 3 })
  const draft = useDraft(() => 'talk', () => ({ summary: 'mine', agreed_points: [], follow_ups: [] }))
  draft.begin({ ...view(), number: 2, revision: 7, state: 'changes_asked' })
  await draft.save()
  expect([server.summary, server.revision]).toEqual(['mine', 1])
})
