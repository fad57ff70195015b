/** The places of a chain in the order in which goods pass them; the terms come in none. */
import type { ChainLink } from '@/api/schema'

export const places: ChainLink['place'][] = ['up', 'mid', 'down']
