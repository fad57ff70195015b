import { expect, it } from 'vitest'
import { createHttp, type WireRequest } from '@/api/http'
import { typed } from '@/api/typed'

it('fills a path of the document, and refuses at compile time what the document does not know', async () => {
  const seen: WireRequest[] = []
  const wire = (r: WireRequest) => Promise.resolve({ statusCode: 200, data: seen.push(r) })
  const http = typed(createHttp('', wire, { get: () => undefined, set: () => undefined }))
  await http.post('/talks/bookings/{id}/declines', { path: { id: 'a/b' }, body: { reason: 'r' }, key: 'k' })
  expect(seen[0]).toMatchObject({ method: 'POST', url: '/api/v1/talks/bookings/a%2Fb/declines', header: { 'Idempotency-Key': 'k' } })
  await http.get('/map/sites', { query: { kind: '', limit: 5 } })
  expect(seen[1].url).toBe('/api/v1/map/sites?limit=5')

  void (() => {
    // @ts-expect-error no such path
    void http.get('/talks/nowhere')
    // @ts-expect-error this path is not written to
    void http.post('/auth/me')
    // @ts-expect-error the parameter of the path is missing
    void http.get('/talks/bookings/{id}')
    // @ts-expect-error a write without its key
    void http.post('/talks/bookings/{id}/declines', { path: { id: 'a' }, body: { reason: 'r' } })
    // @ts-expect-error a body without its field
    void http.post('/talks/bookings/{id}/declines', { path: { id: 'a' }, body: {}, key: 'k' })
    // @ts-expect-error no such value of the filter
    void http.get('/map/sites', { query: { kind: 'castle' } })
    // @ts-expect-error the answer has no such field
    void http.get('/auth/me').then((me) => me.nickname)
  })
})
