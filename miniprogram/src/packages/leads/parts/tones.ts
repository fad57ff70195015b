/** How a lead's state and standing are coloured. */
import type { LeadState, LeadView } from '@/api/schema'

type Tone = 'plain' | 'brand' | 'good' | 'warn' | 'bad'
export const states: LeadState[] = ['submitted', 'screened', 'handed_over', 'accepted', 'returned', 'declined', 'in_project']
const tones: Record<LeadState, Tone> = {
  submitted: 'warn',
  screened: 'brand',
  handed_over: 'brand',
  accepted: 'good',
  returned: 'warn',
  declined: 'plain',
  in_project: 'good',
}
export const toneOf = (state: LeadState): Tone => tones[state] ?? 'plain'
export const toneOfStanding = (s: LeadView['standing']): Tone => (s === 'first' ? 'good' : s === 'later' ? 'plain' : 'warn')
