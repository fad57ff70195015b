/** The two lines of a room: what is said to all, and what is written beside it for whoever needs an interpreter. */
import { computed, reactive, ref, watch, type Ref } from 'vue'
import type { MessageView } from '@/api/schema'
import { termOptions } from '@/i18n/terms'
import type { Pending } from './conversation'

export type TalkLine = 'main' | 'interpreter'

export function useTalkLines(messages: Ref<MessageView[]>, pending: Ref<Pending[]>) {
  const line = ref<TalkLine>('main')
  /** Up to which number each was looked at. */
  const seen = reactive<Record<TalkLine, number>>({ main: 0, interpreter: 0 })
  const last = computed(() => messages.value[messages.value.length - 1]?.seq ?? 0)
  watch([line, last], () => (seen[line.value] = last.value), { immediate: true })

  const shown = computed(() => messages.value.filter((m) => m.line === line.value))
  const waiting = computed(() => pending.value.filter((p) => p.line === line.value))
  const used = computed(() => messages.value.some((m) => m.line === 'interpreter'))
  const fresh = (of: TalkLine) => messages.value.filter((m) => m.line === of && m.seq > seen[of]).length
  const options = computed(() => termOptions('TalkLine').map((o) => ({ ...o, count: fresh(o.value as TalkLine) || undefined })))
  return { line, shown, waiting, used, options }
}
