/** How the states of agreements, parties and verdicts are coloured. */
import type { AgreementState, PartyView, SealView, TemplateChange, TemplateState, VerdictView } from '@/api/schema'

type Tone = 'plain' | 'brand' | 'good' | 'warn' | 'bad'
const agreements: Record<AgreementState, Tone> = {
  draft: 'plain',
  signing: 'warn',
  completed: 'good',
  refused: 'bad',
  revoked: 'plain',
  expired: 'plain',
}
export const agreementStates = Object.keys(agreements) as AgreementState[]
export const toneOf = (state: AgreementState): Tone => agreements[state] ?? 'plain'
const parties: Record<PartyView['state'], Tone> = { waiting: 'plain', turn: 'warn', signed: 'good', refused: 'bad' }
export const toneOfParty = (state: PartyView['state']): Tone => parties[state] ?? 'plain'

const verdicts: Record<VerdictView['verdict'], 'good' | 'warn' | 'bad'> = {
  valid: 'good',
  valid_unstamped: 'warn',
  partly_signed: 'warn',
  untrusted: 'bad',
  tampered: 'bad',
  unsigned: 'warn',
  unreadable: 'bad',
  trailing_bytes: 'bad',
}
export const toneOfVerdict = (verdict: VerdictView['verdict']) => verdicts[verdict] ?? 'bad'

const templates: Record<TemplateState, Tone> = {
  draft: 'plain',
  legal_check: 'warn',
  approval: 'warn',
  in_use: 'good',
  retired: 'plain',
  discarded: 'plain',
}
export const toneOfTemplate = (state: TemplateState): Tone => templates[state] ?? 'plain'
const changes: Record<TemplateChange['change'], Tone> = { added: 'good', removed: 'bad', changed: 'warn', moved: 'brand' }
export const toneOfChange = (change: TemplateChange['change']): Tone => changes[change] ?? 'plain'

const seals: Record<SealView['state'], Tone> = { pending: 'warn', approved: 'good', suspended: 'warn', declined: 'plain', revoked: 'bad' }
export const sealStates = Object.keys(seals) as SealView['state'][]
export const toneOfSeal = (state: SealView['state']): Tone => seals[state] ?? 'plain'
