import { expect, it } from 'vitest'
import { ApiError } from '@/api/http'
import type { BookingView, MessageView } from '@/api/schema'
import { useGuestTalk } from '@/packages/talks/guest/guest-talk'
import { groupOf } from '@/pages/talks/groups'
import { newSecret } from '@/platform/random'

it('makes a secret of 256 bits that reads back as bytes', async () => {
  const one = await newSecret()
  expect(one).toMatch(/^[A-Za-z0-9_-]{43}$/)
  const bytes = atob(`${one.replace(/-/g, '+').replace(/_/g, '/')}=`)
  expect(bytes).toHaveLength(32)
  expect(btoa(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace('=', '')).toBe(one)
  expect(await newSecret()).not.toBe(one)
})

it('counts what the other side has asked for as waiting for me', () => {
  const later = new Date(Date.now() + 36e5).toISOString()
  const talk = (may: string[]) => ({ state: 'confirmed', ends_at: later, may }) as unknown as BookingView
  expect([groupOf(talk(['accept', 'refuse'])), groupOf(talk(['withdraw']))]).toEqual(['waiting', 'upcoming'])
})

it("sends a guest's words once the line stands, and shows which were refused", () => {
  const frames: any[] = []
  const talk = useGuestTalk((frame) => frames.push(frame))
  talk.send('one')
  talk.send('two')
  talk.refused(new ApiError(422, 'content.refused', 'x', 'x'))
  expect(talk.pending.value.map((one) => !!one.failed)).toEqual([true, false])
  talk.resend()
  expect(frames.map((frame) => frame.body)).toEqual(['one', 'two', 'two'])
  talk.take({ seq: 4, client_id: frames[1].client_id, body: 'two' } as MessageView)
  expect([talk.lastSeq.value, talk.pending.value.length, talk.messages.value.length]).toEqual([4, 1, 1])
  talk.drop(talk.pending.value[0])
  expect(talk.pending.value).toEqual([])
})
