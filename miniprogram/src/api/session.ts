/** Who is signed in on this device, and what they may do. */
import { computed, ref, watch } from 'vue'
import type { MeView, Tokens } from './contract'
import type { TokenKeeper } from './http'
import { forget, read, write } from '@/platform/storage'

const held = ref<Tokens | undefined>(read<Tokens>('tokens'))

export const me = computed<MeView | undefined>(() => held.value?.me)
export const signedIn = computed(() => !!held.value)

/** May this person call the operation? Operation ids are the API's own, such as "submit_lead". */
export function can(operation: string): boolean {
  return me.value?.operations.includes(operation) ?? false
}

export function keepSession(tokens: Tokens) {
  held.value = tokens
  write('tokens', tokens)
}

export function keepMe(view: MeView) {
  if (held.value) keepSession({ ...held.value, me: view })
}

export function dropSession() {
  held.value = undefined
  forget('tokens')
}

export const tokenKeeper: TokenKeeper = {
  get: () => held.value,
  set: (tokens) => (tokens ? keepSession({ ...held.value, ...(tokens as Tokens) }) : dropSession()),
}

/** Runs now when somebody is signed in, and again whenever somebody signs in. Call in setup. */
export function onSignedIn(run: () => void) {
  watch(() => me.value?.person_id, (id) => id && run(), { immediate: true })
}
