import { http } from '.'
import type { Terms } from './contract'

export const fetchTerms = () => http.get<Terms>('/terms')
