import type { CheckInOutcome, GatheringPhase, RegistrationState } from '@/api/schema'

export const phaseTones: Record<GatheringPhase, 'plain' | 'brand' | 'good' | 'warn' | 'bad'> = {
  draft: 'plain', open: 'good', full: 'warn', closed: 'plain', running: 'brand', ended: 'plain', cancelled: 'bad',
}
export const registrationTones: Record<RegistrationState, 'plain' | 'good' | 'warn'> = { seated: 'good', waiting: 'warn', given_back: 'plain' }
export const outcomeTones: Record<CheckInOutcome, 'good' | 'warn' | 'bad'> = { came: 'good', already: 'warn', waiting: 'warn', given_back: 'bad', unknown: 'bad' }
