/** What was searched for on this phone lately: kept here alone, and gone with one tap. */
import { ref } from 'vue'
import { forget, read, write } from '@/platform/storage'

const KEY = 'recent_searches'
const MOST = 10

export const recent = ref<string[]>(read<string[]>(KEY) ?? [])

export function remember(q: string) {
  const text = q.trim()
  if (!text) return
  recent.value = [text, ...recent.value.filter((known) => known !== text)].slice(0, MOST)
  write(KEY, recent.value)
}

export function forgetAll() {
  recent.value = []
  forget(KEY)
}
