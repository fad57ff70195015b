/** The shortlist: on this phone before signing in, in the account afterwards. What the phone kept is brought along at
 *  sign-in, once, and nothing that the account holds is lost. */
import { computed, ref, watch } from 'vue'
import type { ShortlistEntry } from '@/api/schema'
import { newKey } from '@/api/intent'
import { me } from '@/api/session'
import { dropSite, fetchShortlist, keepSite, mergeShortlist } from '@/api/sites'
import { read, write } from '@/platform/storage'

export interface Kept {
  site_id: string
  note: string
}
interface Store {
  /** Whose list this is; nobody's before signing in. */
  owner?: string
  items: Kept[]
}

export const MOST_KEPT = 50
const store = ref<Store>(read<Store>('shortlist') ?? { items: [] })
/** Set while the account could not be reached: the list shown may be old. */
export const shortlistFailed = ref(false)

export const shortlist = computed(() => store.value.items)
export const isKept = (id: string) => store.value.items.some((k) => k.site_id === id)

function hold(items: Kept[], owner?: string) {
  store.value = { owner, items }
  write('shortlist', store.value)
}
const from = (entries: ShortlistEntry[]): Kept[] => entries.map(({ site_id, note }) => ({ site_id, note }))

/** Brings the phone's own list to the account, or fetches the account's. */
export async function renewShortlist() {
  const id = me.value?.person_id
  if (!id) return
  const { owner, items } = store.value
  try {
    const brought = owner ? [] : items.map((k) => ({ site_id: k.site_id, note: k.note.trim() || undefined }))
    const got = brought.length ? await mergeShortlist(brought, newKey()) : await fetchShortlist()
    if (me.value?.person_id === id) hold(from(got.items), id)
    shortlistFailed.value = false
  } catch {
    shortlistFailed.value = true
  }
}

watch(
  () => me.value?.person_id,
  (id) => {
    if (id) renewShortlist()
    else if (store.value.owner) hold([])
  },
  { immediate: true },
)

export async function keep(id: string, note = '', key = newKey()) {
  if (me.value) hold(from((await keepSite(id, note.trim() || undefined, key)).items), me.value.person_id)
  else hold([{ site_id: id, note }, ...store.value.items.filter((k) => k.site_id !== id)].slice(0, MOST_KEPT))
}

export async function drop(id: string, key = newKey()) {
  // What another phone has dropped already is gone as well.
  if (me.value) await dropSite(id, key).catch((e) => e.status === 404 || Promise.reject(e))
  hold(store.value.items.filter((k) => k.site_id !== id), store.value.owner)
}
