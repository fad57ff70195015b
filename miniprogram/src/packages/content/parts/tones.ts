/** How the states of a page's versions are coloured. */
import type { PageState } from '@/api/schema'

const tones: Record<PageState, 'plain' | 'brand' | 'good' | 'warn' | 'bad'> = { draft: 'plain', submitted: 'warn', published: 'good', replaced: 'plain', withdrawn: 'bad', discarded: 'plain' }
export const toneOfPage = (state: PageState) => tones[state] ?? 'plain'
