/** The only door through which the app speaks to the server: addresses, tokens, retries, problem documents.
 *  It knows neither uni-app nor Vue, so that tests can hand it a wire of their own. */

export interface WireRequest {
  url: string
  method: string
  data?: unknown
  header: Record<string, string>
  timeout: number
  binary?: boolean
}
export interface WireAnswer {
  statusCode: number
  data: unknown
  header?: Record<string, string>
}
export type Wire = (request: WireRequest) => Promise<WireAnswer>

/** The exchange did not happen, or nobody knows whether it did. */
export class WireFailure extends Error {
  constructor(readonly kind: 'timeout' | 'unreachable', message = '') {
    super(message)
  }
}

export interface FieldProblem {
  field: string
  code: string
  detail: string
  detail_en?: string | null
}
export type Language = 'zh' | 'en'

/** Why a call failed. `detail` is a sentence for the person, in the language of the moment. */
export class ApiError extends Error {
  static language: () => Language = () => 'zh'
  /** Sentences for failures that the server could not put into words. Set by `i18n`. */
  static sentence: (code: string) => string = (code) => code

  constructor(
    readonly status: number,
    readonly code: string,
    private readonly zh: string,
    private readonly en: string,
    readonly errors: FieldProblem[] = [],
    readonly retryAfter?: number,
    readonly requestId?: string,
  ) {
    super(code)
  }

  get detail(): string {
    return pick(this.zh, this.en) || ApiError.sentence(this.code)
  }

  /** The sentence under a field, or '' when that field is fine. */
  field(name: string): string {
    const problem = this.errors.find((e) => e.field === name)
    return problem ? pick(problem.detail, problem.detail_en) : ''
  }

  /** Nobody knows whether the server acted: the same intent must be sent with the same key. */
  get uncertain(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

function pick(zh?: string | null, en?: string | null): string {
  return (ApiError.language() === 'en' ? en || zh : zh || en) ?? ''
}

export interface TokenPair {
  access_token: string
  refresh_token: string
}
export interface TokenKeeper {
  get(): TokenPair | undefined
  /** New tokens after a refresh, or undefined when the server no longer knows this person. */
  set(tokens: TokenPair | undefined): void
}

export interface Options {
  query?: Record<string, unknown>
  body?: unknown
  /** Idempotency-Key; every write but the few that the contract names must have one. */
  key?: string
  header?: Record<string, string>
  timeout?: number
  binary?: boolean
}

export type Http = ReturnType<typeof createHttp>

export function createHttp(origin: string, wire: Wire, tokens: TokenKeeper) {
  const base = `${origin}/api/v1`
  let refreshing: Promise<boolean> | undefined

  function headers(): Record<string, string> {
    const header: Record<string, string> = {
      Accept: 'application/json',
      'Accept-Language': ApiError.language() === 'zh' ? 'zh-CN' : 'en',
    }
    const held = tokens.get()
    if (held) header.Authorization = `Bearer ${held.access_token}`
    return header
  }

  /** Many calls may find the token stale at once; one refresh serves them all, because a refresh token works once. */
  function refresh(stale: string): Promise<boolean> {
    const held = tokens.get()
    if (held && held.access_token !== stale) return Promise.resolve(true)
    refreshing ??= exchange(held).finally(() => (refreshing = undefined))
    return refreshing
  }

  async function exchange(held: TokenPair | undefined): Promise<boolean> {
    if (!held) return false
    const header = headers()
    delete header.Authorization
    header['Content-Type'] = 'application/json'
    const answer = await wire({
      url: `${base}/auth/refreshes`,
      method: 'POST',
      data: { refresh_token: held.refresh_token },
      header,
      timeout: 15_000,
    })
    if (answer.statusCode === 201) {
      tokens.set(answer.data as TokenPair)
      return true
    }
    // Anything else (too many, busy) leaves the person signed in: the next call tries again.
    if (answer.statusCode === 401) tokens.set(undefined)
    return false
  }

  /** Runs an exchange with the caller's token, once more after a refresh when the token was stale. */
  async function authorized<A extends WireAnswer>(run: (header: Record<string, string>) => Promise<A>): Promise<A> {
    try {
      const used = tokens.get()?.access_token
      let answer = await run(headers())
      if (answer.statusCode === 401 && used && (await refresh(used))) answer = await run(headers())
      if (answer.statusCode >= 400) throw problem(answer)
      return answer
    } catch (e) {
      if (e instanceof WireFailure) throw new ApiError(0, `network.${e.kind}`, '', '')
      throw e
    }
  }

  async function call<T>(method: string, path: string, o: Options = {}): Promise<T> {
    const url = base + path + search(o.query)
    const answer = await authorized((header) => {
      if (o.body !== undefined) header['Content-Type'] = 'application/json'
      if (o.key) header['Idempotency-Key'] = o.key
      return wire({
        url,
        method,
        data: o.body,
        header: { ...header, ...o.header },
        timeout: o.timeout ?? 15_000,
        binary: o.binary,
      })
    })
    return answer.data as T
  }

  return {
    authorized,
    call,
    bytes: (path: string, header: Record<string, string> = {}) =>
      call<ArrayBuffer>('GET', path, { binary: true, timeout: 60_000, header: { Accept: '*/*', ...header } }),
  }
}

function search(query: Record<string, unknown> = {}): string {
  const pairs = Object.entries(query).filter(([, v]) => v !== undefined && v !== null && v !== '')
  if (!pairs.length) return ''
  return '?' + pairs.map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`).join('&')
}

function problem(answer: WireAnswer): ApiError {
  const p = readable(answer.data)
  const retryAfter = p.retry_after ?? (Number(answer.header?.['retry-after']) || undefined)
  const known = typeof p.code === 'string' && !!p.detail
  const code = known ? p.code : `status.${answer.statusCode >= 500 ? 'server' : answer.statusCode}`
  return new ApiError(answer.statusCode, code, p.detail ?? '', p.detail_en ?? '', p.errors ?? [], retryAfter, p.request_id)
}

/** A problem document, even where the platform hands it over as text or bytes. */
function readable(data: unknown): Record<string, any> {
  try {
    if (data instanceof ArrayBuffer) {
      return JSON.parse(decodeURIComponent(Array.from(new Uint8Array(data), (b) => '%' + b.toString(16).padStart(2, '0')).join('')))
    }
    if (typeof data === 'string') return JSON.parse(data)
  } catch {
    return {}
  }
  return (data as Record<string, any>) ?? {}
}
