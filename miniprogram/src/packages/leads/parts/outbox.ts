/** A form that is kept on the device while it is written; once sent off it keeps one key until the server has answered,
 *  so that bad reception can neither lose it nor register it twice. */
import { computed, onBeforeUnmount, reactive, ref, shallowRef, watch } from 'vue'
import { onShow } from '@dcloudio/uni-app'
import { ApiError } from '@/api/http'
import { newKey } from '@/api/intent'
import { online } from '@/platform/device'
import { forget, read, write } from '@/platform/storage'

interface Kept<F> {
  form: F
  /** Present from the first attempt on. */
  key?: string
}

/** `place` is where it is kept: a person's own, when somebody is signed in. `deliver` gives whether all of it has arrived, `delivered` is told so; while `held` says so nothing is sent by itself. */
export function useOutbox<F extends object>(
  place: () => string,
  empty: F,
  deliver: (form: F, key: string) => Promise<boolean>,
  delivered: () => void,
  held: () => boolean = () => false,
) {
  const kept = read<Kept<F>>(place())
  const form = reactive({ ...empty, ...kept?.form }) as unknown as F
  const key = ref(kept?.key)
  const busy = ref(false)
  const error = shallowRef<ApiError>()
  const waiting = computed(() => !!key.value && !busy.value)

  const keep = () => write(place(), { form: { ...form }, key: key.value })
  /** What waits from an earlier visit goes out when the page opens, and is tried again while it stays open. */
  const sendWaiting = () => {
    if (waiting.value && !held()) send()
  }
  const stop = [watch(() => form, keep, { deep: true }), watch(online, (on) => on && sendWaiting())]
  onShow(sendWaiting)
  const timer = setInterval(sendWaiting, 30_000)
  onBeforeUnmount(() => clearInterval(timer))

  async function send() {
    if (busy.value) return
    busy.value = true
    error.value = undefined
    key.value ??= newKey()
    keep()
    try {
      if (await deliver({ ...form }, key.value)) finish()
    } catch (e) {
      error.value = e instanceof ApiError ? e : new ApiError(0, 'unknown', '', '')
      if (!error.value.uncertain) key.value = undefined
      keep()
    } finally {
      busy.value = false
    }
  }

  /** Nothing of it is left to be sent. */
  function finish() {
    stop.forEach((end) => end())
    clearInterval(timer)
    key.value = undefined
    forget(place())
    delivered()
  }

  return { form, queued: key, waiting, busy, error, send, finish }
}
