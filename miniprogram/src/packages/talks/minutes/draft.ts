/** A draft that is kept while it is written: saved after each pause and on leaving, and never over what a colleague has
 *  written since. */
import { onBeforeUnmount, ref, shallowRef } from 'vue'
import type { MinutesView, SetMinutes } from '@/api/schema'
import { findMinutes, writeMinutes } from '@/api/talks'
import { useWrite } from '@/composables'

/** Milliseconds without a key before it is saved. */
const PAUSE = 2500
export type DraftText = Omit<SetMinutes, 'number' | 'revision'>

export function useDraft(id: () => string, read: () => DraftText | undefined) {
  const unsaved = ref(false)
  const savedAt = ref('')
  /** What a colleague has written meanwhile; until it is decided on nothing is saved. */
  const theirs = shallowRef<MinutesView>()
  const writing = useWrite((key, body: SetMinutes) => writeMinutes(id(), body, key))
  let base = { number: 1, revision: 0 }
  let timer: ReturnType<typeof setTimeout> | undefined
  let turn: Promise<unknown> = Promise.resolve()

  /** From what was read: a draft goes on, anything else is followed by the next version. */
  function begin(minutes?: MinutesView) {
    base = minutes?.state === 'draft' ? { number: minutes.number, revision: minutes.revision } : { number: (minutes?.number ?? 0) + 1, revision: 0 }
    theirs.value = undefined
    unsaved.value = false
  }
  function changed() {
    unsaved.value = true
    clearTimeout(timer)
    timer = setTimeout(save, PAUSE)
  }
  /** Gives the draft as it is kept, or undefined where it could not be. One at a time. */
  function save(): Promise<MinutesView | undefined> {
    const mine = turn.then(keep)
    turn = mine
    return mine
  }
  async function keep(): Promise<MinutesView | undefined> {
    clearTimeout(timer)
    const text = read()
    if (theirs.value || !text) return undefined
    // What is typed from now on sets it again.
    unsaved.value = false
    const kept = await writing.run({ ...text, ...base })
    if (!kept) {
      unsaved.value = true
      if (writing.error.value?.status === 409) theirs.value = await findMinutes(id()).catch(() => undefined)
      return undefined
    }
    base = { number: kept.number, revision: kept.revision }
    savedAt.value = kept.written_at
    return kept
  }
  /** My words in place of the colleague's, which were shown beside them. */
  function keepMine() {
    if (theirs.value) begin(theirs.value)
    writing.error.value = undefined
    return save()
  }
  const leave = () => unsaved.value && save()
  onBeforeUnmount(() => clearTimeout(timer))
  return { unsaved, savedAt, theirs, writing, begin, changed, save, keepMine, leave }
}
