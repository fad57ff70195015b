import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError, createHttp, WireFailure, type TokenPair, type WireAnswer, type WireRequest } from '@/api/http'
import { Intent } from '@/api/intent'

let seen: WireRequest[]
let held: TokenPair | undefined
const keeper = { get: () => held, set: (t?: TokenPair) => void (held = t) }

/** A server that answers in order; the last answer is repeated. */
function server(...answers: (WireAnswer | Error)[]) {
  return async (r: WireRequest): Promise<WireAnswer> => {
    seen.push({ ...r, header: { ...r.header } })
    const next = answers.length > 1 ? answers.shift()! : answers[0]
    if (next instanceof Error) throw next
    return next
  }
}
const problem = (status: number, more = {}): WireAnswer => ({
  statusCode: status,
  data: { status, code: 'lead.wrong', detail: 'zh', detail_en: 'en', errors: [], ...more },
})
const caught = (p: Promise<unknown>) => p.then(() => { throw new Error('did not fail') }, (e) => e as ApiError)

beforeEach(() => {
  seen = []
  held = { access_token: 'old', refresh_token: 'r1' }
  ApiError.language = () => 'zh'
})

describe('a call', () => {
  it('carries the token, the language and only the parameters that are given', async () => {
    const http = createHttp('https://x', server({ statusCode: 200, data: 1 }), keeper)
    await http.call('GET', '/map/sites', { query: { q: '园 区', unit_id: '', kind: undefined, limit: 0 } })
    expect(seen[0].url).toBe('https://x/api/v1/map/sites?q=%E5%9B%AD%20%E5%8C%BA&limit=0')
    expect(seen[0].header).toMatchObject({ Authorization: 'Bearer old', 'Accept-Language': 'zh-CN' })
    expect(seen[0].header['Idempotency-Key']).toBeUndefined()
  })

  it('carries the key of a write', async () => {
    const http = createHttp('', server({ statusCode: 201, data: {} }), keeper)
    await http.call('POST', '/leads', { body: { a: 1 }, key: 'k1' })
    expect(seen[0]).toMatchObject({ method: 'POST', data: { a: 1 }, header: { 'Idempotency-Key': 'k1', 'Content-Type': 'application/json' } })
  })
})

describe('a stale token', () => {
  it('is refreshed once for many calls, and each is sent again with the same key', async () => {
    const wire = async (r: WireRequest): Promise<WireAnswer> => {
      seen.push({ ...r, header: { ...r.header } })
      await Promise.resolve()
      if (r.url.endsWith('/auth/refreshes')) return { statusCode: 201, data: { access_token: 'new', refresh_token: 'r2' } }
      return r.header.Authorization === 'Bearer new' ? { statusCode: 200, data: 'ok' } : { statusCode: 401, data: {} }
    }
    const http = createHttp('', wire, keeper)
    expect(await Promise.all([http.call('GET', '/a'), http.call('GET', '/b'), http.call('POST', '/c', { body: {}, key: 'k' })])).toEqual(['ok', 'ok', 'ok'])
    expect(seen.filter((r) => r.url.endsWith('/auth/refreshes'))).toHaveLength(1)
    expect(seen.filter((r) => r.url.endsWith('/c')).map((r) => r.header['Idempotency-Key'])).toEqual(['k', 'k'])
    expect(held?.refresh_token).toBe('r2')
  })

  it('ends the session when the refresh is refused, and only then', async () => {
    const refused = createHttp('', server({ statusCode: 401, data: {} }), keeper)
    expect((await caught(refused.call('GET', '/a'))).status).toBe(401)
    expect(held).toBeUndefined()

    held = { access_token: 'old', refresh_token: 'r1' }
    const busy = createHttp('', server({ statusCode: 401, data: {} }, { statusCode: 503, data: {} }), keeper)
    await caught(busy.call('GET', '/a'))
    expect(held).toBeDefined()
  })
})

describe('a failure', () => {
  it('speaks the language of the moment and names its fields', async () => {
    const errors = [{ field: 'credit_code', code: 'x', detail: '校验位不对', detail_en: 'Wrong check character' }]
    const e = await caught(createHttp('', server(problem(422, { errors })), keeper).call('POST', '/leads', { body: {}, key: 'k' }))
    expect([e.code, e.detail, e.field('credit_code'), e.field('name')]).toEqual(['lead.wrong', 'zh', '校验位不对', ''])
    ApiError.language = () => 'en'
    expect([e.detail, e.field('credit_code')]).toEqual(['en', 'Wrong check character'])
  })

  it('without a problem document still has a code', async () => {
    const e = await caught(createHttp('', server({ statusCode: 502, data: '<html>' }), keeper).call('GET', '/a'))
    expect([e.code, e.uncertain]).toEqual(['status.server', true])
  })

  it('of the network is uncertain', async () => {
    const e = await caught(createHttp('', server(new WireFailure('timeout')), keeper).call('GET', '/a'))
    expect([e.status, e.code, e.uncertain]).toEqual([0, 'network.timeout', true])
  })

  it('reads a problem document that came as bytes', async () => {
    const text = new TextEncoder().encode(JSON.stringify({ code: 'file.gone', detail: '没有' }))
    const bytes = text.buffer.slice(0, text.byteLength)
    const e = await caught(createHttp('', server({ statusCode: 404, data: bytes }), keeper).bytes('/files/1'))
    expect([e.code, e.detail]).toEqual(['file.gone', '没有'])
  })
})

describe('an intent', () => {
  const lost = new ApiError(0, 'network.timeout', '', '')
  const refused = new ApiError(422, 'x.y', '', '')

  it('keeps its key while nobody knows whether it was done', () => {
    const intent = new Intent()
    const key = intent.keyFor({ a: 1 })
    intent.ended(lost)
    expect(intent.keyFor({ a: 1 })).toBe(key)
    expect(intent.keyFor({ a: 2 })).not.toBe(key)
  })

  it('takes a new key after a definite answer', () => {
    const intent = new Intent()
    const first = intent.keyFor({ a: 1 })
    intent.ended(refused)
    const second = intent.keyFor({ a: 1 })
    intent.ended()
    expect(new Set([first, second, intent.keyFor({ a: 1 })]).size).toBe(3)
    expect(first).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
  })
})
