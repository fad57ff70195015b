import { expect, it } from 'vitest'
import { isSameFilter } from '@/filters'

it('knows two sets of filters that ask for the same', () => {
  const kept = { enterprises: { q: null, industry: 'food', chain_link: null, courting: 'ours' } }
  expect(isSameFilter(kept, { enterprises: { courting: 'ours', industry: 'food', q: undefined } })).toBe(true)
  expect(isSameFilter(kept, { enterprises: { courting: 'ours', industry: 'food', q: '' } })).toBe(true)
  expect(isSameFilter(kept, { enterprises: { courting: 'ours' } })).toBe(false)
  expect(isSameFilter(kept, { institutions: { industry: 'food', courting: 'ours' } })).toBe(false)
  expect(isSameFilter(null, kept)).toBe(false)
})
