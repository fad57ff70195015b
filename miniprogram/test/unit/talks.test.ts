import { expect, it } from 'vitest'
import { ref } from 'vue'
import { ApiError } from '@/api/http'
import type { BookingView, MessageView } from '@/api/schema'
import { useGuestTalk } from '@/packages/talks/guest/guest-talk'
import { useTalkLines } from '@/packages/talks/room/talk-lines'
import { groupOf } from '@/pages/talks/groups'
import { count, judge } from '@/platform/call/quality'
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

it('keeps the two lines apart and counts what is new on the other', () => {
  const message = (seq: number, line: string) => ({ seq, line, body: `${seq}` }) as MessageView
  const messages = ref([message(1, 'main'), message(2, 'interpreter')])
  const lines = useTalkLines(messages, ref([]))
  const counts = () => lines.options.value.map((o) => o.count)
  expect([lines.shown.value.map((m) => m.seq), counts()]).toEqual([[1], [undefined, 1]])
  lines.line.value = 'interpreter'
  return Promise.resolve().then(() => {
    expect([lines.shown.value.map((m) => m.seq), counts()]).toEqual([[2], [undefined, undefined]])
    messages.value = [...messages.value, message(3, 'main')]
    expect(counts()).toEqual([1, undefined])
  })
})

it('puts a connection into words by what was lost and how long it takes', () => {
  const stats = (received: number, lost: number, rtt?: number) =>
    count([
      { type: 'inbound-rtp', packetsReceived: received, packetsLost: lost },
      { type: 'candidate-pair', nominated: true, currentRoundTripTime: rtt },
      { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 },
    ])
  expect(judge(undefined, stats(100, 0, 0.03))).toEqual({ word: 'good', n: 30 })
  expect(judge(undefined, stats(100, 0, 0.5))).toEqual({ word: 'slow', n: 500 })
  // Lost long ago is not lost now.
  expect(judge(stats(100, 50, 0.03), stats(200, 50, 0.03))).toEqual({ word: 'good', n: 30 })
  expect(judge(stats(100, 0, 0.03), stats(190, 10, 0.03))).toEqual({ word: 'lossy', n: 10 })
  expect(judge(undefined, stats(3, 2))).toBeUndefined()
})
