import { http } from '.'

/** The labels of every value of every enum. */
export type Terms = Record<string, Record<string, { zh: string; en: string }>>

export const fetchTerms = () => http.get('/terms') as Promise<Terms>
