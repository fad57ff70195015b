/** Persons who are to sign, as they are typed and as they are sent. */
import type { NamedSigner } from '@/api/schema'
import { t } from '@/i18n'

export interface TypedSigner {
  side: NamedSigner['side']
  organisation: string
  phone: string
  authority: string
  step: number
}

export const emptySigner = (side: TypedSigner['side'], step: number): TypedSigner => ({ side, organisation: '', phone: '', authority: '', step })

export function sentSigners(typed: TypedSigner[]): NamedSigner[] {
  return typed.map(({ side, organisation, phone, authority, step }) => ({
    side, step, phone: phone.trim(),
    ...(side === 'third' ? { organisation: organisation.trim() } : {}),
    ...(authority.trim() ? { authority: authority.trim() } : {}),
  }))
}

/** Why a signer cannot be sent as typed, by the server's name of the field; empty when nothing is wrong. */
export function mistakesIn(typed: TypedSigner[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [n, one] of typed.entries()) {
    if (!/^1\d{10}$/.test(one.phone.trim())) found[`signers[${n}].phone`] = t('common.phone_wrong')
    if (one.side === 'third' && !one.organisation.trim()) found[`signers[${n}].organisation`] = t('common.required')
  }
  return found
}
