import { http } from '.'
import type { ChainContent } from './schema'
import type { Query } from './typed'

export const listChains = () => http.get('/chains')
export const findChain = (unit_id: string) => http.get('/chains/{unit_id}', { path: { unit_id } })
export const findChainVersion = (id: string) => http.get('/chains/versions/{id}', { path: { id } })

export const listChainProposals = (query: Query<'get', '/chains/proposals'> = {}) => http.get('/chains/proposals', { query })
export const findChainProposal = (id: string) => http.get('/chains/proposals/{id}', { path: { id } })
export const proposeChain = (content: ChainContent, note: string | undefined, key: string) =>
  http.post('/chains/proposals', { body: { content, note }, key })
export const rewriteChain = (id: string, content: ChainContent, note: string | undefined, key: string) =>
  http.put('/chains/proposals/{id}', { path: { id }, body: { content, note }, key })
export const approveChain = (id: string, from_on: string | undefined, key: string) =>
  http.post('/chains/proposals/{id}/approvals', { path: { id }, body: { from_on }, key })
export const returnChain = (id: string, reason: string, key: string) =>
  http.post('/chains/proposals/{id}/returns', { path: { id }, body: { reason }, key })
export const withdrawChain = (id: string, key: string) => http.post('/chains/proposals/{id}/withdrawals', { path: { id }, body: {}, key })
