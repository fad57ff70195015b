/** Who is signed in on this device, and what they may do. */
import { computed, ref, watch } from 'vue'
import type { MeView, operations, Tokens } from './schema'
import type { TokenKeeper } from './http'
import { forget, read, write } from '@/platform/storage'

const held = ref<Tokens | undefined>(read<Tokens>('tokens'))

export const me = computed<MeView | undefined>(() => held.value?.me)
export const signedIn = computed(() => !!held.value)

/** The API's own name of what it does, such as "submit_lead". */
export type OperationId = keyof operations

/** May this person call the operation? */
export function can(operation: OperationId): boolean {
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
