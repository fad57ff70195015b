/** What a page does when it is opened, shown again, and left. */
import { onBeforeUnmount, ref, shallowRef } from 'vue'
import { onLoad, onPullDownRefresh, onReachBottom, onShow } from '@dcloudio/uni-app'
import { signedIn } from '@/api/session'
import { parameters } from '@/platform/page'

/** The page's parameters. */
export function useParams<K extends string>() {
  const params = shallowRef<Partial<Record<K, string>>>({})
  onLoad((given) => {
    params.value = parameters<K>(given)
  })
  return params
}

/** Runs whenever the page is shown to somebody who is signed in, so that what happened on the next page is seen
 *  after coming back. */
export function onVisit(load: () => unknown) {
  onShow(() => {
    if (signedIn.value) load()
  })
}

/** Pull to refresh, and more at the end of the list. */
export function useScrolling(list: { load: () => Promise<void>; more: () => Promise<void> }) {
  onPullDownRefresh(() => {
    list.load().finally(() => uni.stopPullDownRefresh())
  })
  onReachBottom(() => {
    list.more()
  })
}

/** The present, renewed every second while the page lives; for countdowns. */
export function useNow() {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), 1000)
  onBeforeUnmount(() => clearInterval(timer))
  return now
}

/** mm:ss until an instant, '' when it has passed. */
export function timeLeft(until: string | null | undefined, now: number): string {
  const seconds = Math.floor((Date.parse(until ?? '') - now) / 1000)
  if (!(seconds > 0)) return ''
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
