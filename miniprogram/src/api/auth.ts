import { http } from '.'
import type { BeginNameCheck, SignIn, Tokens } from './schema'
import { dropSession, keepMe, keepSession, signedIn } from './session'

export const sendCode = (phone: string) => http.post('/auth/codes', { body: { phone } })

export async function signIn(by: SignIn): Promise<Tokens> {
  const tokens = await http.post('/auth/sessions', { body: by })
  keepSession(tokens)
  return tokens
}

export const activate = (activation_code: string, password: string) =>
  http.post('/auth/activations', { body: { activation_code, password } })

/** Asks the server who is signed in; roles may have changed since the last visit. */
export async function renewMe(): Promise<void> {
  if (signedIn.value) keepMe(await http.get('/auth/me'))
}

export const listSessions = () => http.get('/auth/sessions')
export const endSession = (id: string) => http.delete('/auth/sessions/{id}', { path: { id } })

export const myNameCheck = () => http.get('/auth/name-check')
export const beginNameCheck = (body: BeginNameCheck, key: string) => http.post('/auth/name-checks', { body, key })
export const endNameCheck = (id: string, card_number: string, key: string) =>
  http.post('/auth/name-checks/{id}/results', { path: { id }, body: { card_number }, key })
export const forgetNameCheck = (key: string) => http.delete('/auth/name-check', { key })

export const askMailCode = (address: string) => http.post('/auth/mail-codes', { body: { address } })
export const confirmMail = (address: string, code: string) => http.put('/auth/mail', { body: { address, code } })
export const forgetMail = () => http.delete('/auth/mail')

/** Signs out here in any case, and on the server when it can be reached. */
export async function signOut(): Promise<void> {
  try {
    await endSession('current')
  } finally {
    dropSession()
  }
}
