import { http } from '.'
import type { CodeSent, MeView, SessionView, SignIn, Tokens } from './contract'
import { dropSession, keepMe, keepSession, signedIn } from './session'

export const sendCode = (phone: string) => http.post<CodeSent>('/auth/codes', { phone })

export async function signIn(by: SignIn): Promise<Tokens> {
  const tokens = await http.post<Tokens>('/auth/sessions', by)
  keepSession(tokens)
  return tokens
}

export const activate = (activation_code: string, password: string) =>
  http.post<{ totp_secret: string; otpauth_url: string }>('/auth/activations', { activation_code, password })

/** Asks the server who is signed in; roles may have changed since the last visit. */
export async function renewMe(): Promise<void> {
  if (signedIn.value) keepMe(await http.get<MeView>('/auth/me'))
}

export const listSessions = () => http.get<{ items: SessionView[] }>('/auth/sessions')
export const endSession = (id: string, key: string) => http.delete(`/auth/sessions/${id}`, key)

/** Signs out here in any case, and on the server when it can be reached. */
export async function signOut(key: string): Promise<void> {
  try {
    await endSession('current', key)
  } finally {
    dropSession()
  }
}
