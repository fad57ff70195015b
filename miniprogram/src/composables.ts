/** How pages load, list and write. Each gives the state that the screen must show. */
import { computed, ref, shallowRef } from 'vue'
import { ApiError } from '@/api/http'
import { Intent } from '@/api/intent'

/** A portion of a list; with `next` as the cursor comes the portion after it. */
export interface Page<T> {
  items: T[]
  next?: string | null
}

export type LoadState = 'loading' | 'some' | 'none' | 'failed'

function asApiError(e: unknown): ApiError {
  if (e instanceof ApiError) return e
  console.error(e)
  return new ApiError(0, 'unknown', '', '')
}

/** One thing from the server. `load` again refreshes without clearing what is shown. */
export function useOne<T>(fetch: () => Promise<T>) {
  const data = shallowRef<T>()
  const error = shallowRef<ApiError>()
  let turn = 0
  async function load() {
    const mine = ++turn
    error.value = undefined
    try {
      const got = await fetch()
      if (mine === turn) data.value = got
    } catch (e) {
      if (mine === turn) error.value = asApiError(e)
    }
  }
  const state = computed<LoadState>(() => (data.value !== undefined ? 'some' : error.value ? 'failed' : 'loading'))
  return { data, error, state, load }
}

/** A list in pages. A newer `load` makes an older one's answer void. */
export function useList<P extends Page<any>>(fetch: (cursor?: string) => Promise<P>) {
  const items = shallowRef<P['items']>([])
  const page = shallowRef<P>()
  const error = shallowRef<ApiError>()
  const moreError = shallowRef<ApiError>()
  const busy = ref(false)
  const loadingMore = ref(false)
  let turn = 0

  async function load() {
    const mine = ++turn
    busy.value = true
    loadingMore.value = false
    error.value = moreError.value = undefined
    try {
      const got = await fetch()
      if (mine !== turn) return
      page.value = got
      items.value = got.items
    } catch (e) {
      if (mine === turn) error.value = asApiError(e)
    } finally {
      if (mine === turn) busy.value = false
    }
  }

  /** Asks another question: what stood there is no answer to it, and nobody should act on it meanwhile. */
  function turnTo() {
    page.value = undefined
    items.value = []
    return load()
  }

  async function more() {
    if (!page.value?.next || loadingMore.value || busy.value) return
    const mine = turn
    loadingMore.value = true
    moreError.value = undefined
    try {
      const got = await fetch(page.value.next)
      if (mine !== turn) return
      page.value = got
      items.value = [...items.value, ...got.items]
    } catch (e) {
      if (mine === turn) moreError.value = asApiError(e)
    } finally {
      if (mine === turn) loadingMore.value = false
    }
  }

  const state = computed<LoadState>(() => {
    if (error.value) return 'failed'
    if (!page.value) return 'loading'
    return items.value.length ? 'some' : 'none'
  })
  const hasMore = computed(() => !!page.value?.next)
  return { items, page, state, error, busy, hasMore, loadingMore, moreError, load, turnTo, more }
}

/** One write. Double taps do nothing while it runs; a retry after an uncertain end carries the same key.
 *  `act` gets the Idempotency-Key and what `run` was called with. `run` gives undefined when it failed. */
export function useWrite<A extends unknown[], R>(act: (key: string, ...args: A) => Promise<R>) {
  const busy = ref(false)
  const error = shallowRef<ApiError>()
  const intent = new Intent()
  let last: A | undefined

  async function run(...args: A): Promise<R | undefined> {
    if (busy.value) return undefined
    busy.value = true
    error.value = undefined
    last = args
    try {
      const result = await act(intent.keyFor(args), ...args)
      intent.ended()
      return result
    } catch (e) {
      error.value = asApiError(e)
      intent.ended(error.value)
      return undefined
    } finally {
      busy.value = false
    }
  }

  return { run, retry: () => (last ? run(...last) : Promise.resolve(undefined)), busy, error }
}

/** A short confirmation that something worked. Failures are never shown this way: they stay on the page. */
export function told(sentence: string) {
  uni.showToast({ title: sentence, icon: 'none', duration: 2000 })
}
