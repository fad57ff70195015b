/** Every page of the app by its short name, and how to go there. */
import type { Params } from '@/platform/link'
import { query } from '@/platform/link'

export const tabs = ['home', 'map', 'talks', 'mine'] as const
const rest = [
  'map/site', 'map/compare', 'map/shortlist', 'map/shared',
  'map/desk', 'map/edit', 'map/draft', 'map/versions', 'map/import',
  'map/offers', 'map/make-offer', 'map/offer', 'map/read',
  'content/guides', 'content/policies', 'content/match', 'content/page', 'content/my-guide',
  'content/desk', 'content/version', 'content/edit', 'content/changes',
  'auth/sign-in', 'auth/sessions', 'auth/name-check',
  'talks/book', 'talks/booking', 'talks/room', 'talks/minutes', 'talks/minutes-changes', 'talks/minutes-template', 'talks/tasks', 'talks/availability', 'talks/holidays', 'talks/guest',
  'projects/list', 'projects/project', 'projects/open',
  'chains/list', 'chains/chain', 'chains/proposal', 'chains/edit',
  'enterprises/list', 'enterprises/enterprise', 'enterprises/edit', 'enterprises/rules',
  'institutions/list', 'institutions/institution', 'institutions/edit', 'institutions/brought',
  'workbooks/desk', 'workbooks/import',
  'signings/list', 'signings/agreement', 'signings/draft', 'signings/sign', 'signings/verify', 'signings/evidence',
  'signings/ceremonies', 'signings/ceremony', 'signings/stage',
  'signings/templates', 'signings/template', 'signings/template-edit', 'signings/template-changes',
  'signings/seals', 'signings/seal', 'signings/seal-add',
  'leads/submit', 'leads/list', 'leads/lead', 'leads/receipt', 'leads/check', 'leads/desk', 'leads/case', 'leads/pool', 'leads/credit', 'leads/confirm', 'leads/enquiry', 'leads/bringers', 'leads/rules',
  'gatherings/list', 'gatherings/gathering', 'gatherings/register', 'gatherings/ticket', 'gatherings/desks', 'gatherings/desk', 'gatherings/edit', 'gatherings/door', 'gatherings/floor', 'gatherings/poster',
  'notifications/list', 'notifications/settings',
  'search/search',
  'admin/persons', 'admin/person', 'admin/audit', 'admin/rights', 'admin/checks',
] as const
export type Tab = (typeof tabs)[number]
export type Route = Tab | (typeof rest)[number]

export const isTab = (route: Route): route is Tab => (tabs as readonly string[]).includes(route)

/** The page's address inside the app, such as /packages/talks/room/index. */
export function pathOf(route: Route): string {
  return isTab(route) ? `/pages/${route}/index` : `/packages/${route}/index`
}

export function go(route: Route, params: Params = {}) {
  const search = query(params)
  // Only reLaunch may hand parameters to a tab.
  if (isTab(route)) return search ? uni.reLaunch({ url: `${pathOf(route)}?${search}` }) : uni.switchTab({ url: pathOf(route) })
  return uni.navigateTo({ url: pathOf(route) + (search ? `?${search}` : '') })
}

/** Like `go`, but the present page is left for good: after something was made or ended. */
export function moveOn(route: Route, params: Params = {}) {
  if (isTab(route)) return uni.switchTab({ url: pathOf(route) })
  const search = query(params)
  return uni.redirectTo({ url: pathOf(route) + (search ? `?${search}` : '') })
}

/** Back to the page before, or to `otherwise` when this page was opened by a link. */
export function goBack(otherwise: Route = 'home') {
  if (getCurrentPages().length > 1) uni.navigateBack()
  else moveOn(otherwise)
}

const subjects: Record<string, Route> = {
  talks: 'talks/booking',
  agreements: 'signings/agreement',
  ceremonies: 'signings/stage',
  templates: 'signings/template',
  seals: 'signings/seal',
  leads: 'leads/lead',
  projects: 'projects/project',
  enterprises: 'enterprises/enterprise',
  institutions: 'institutions/institution',
  chains: 'chains/proposal',
  content: 'content/version',
  sites: 'map/site',
  desk: 'map/desk',
  drafts: 'map/draft',
  imports: 'map/import',
  offers: 'map/offer',
  gatherings: 'gatherings/gathering',
  'gathering-desk': 'gatherings/desk',
}

/** Follows a link of the server such as /talks/{id}. */
export function follow(link: string) {
  if (link === '/leads/pool') return go('leads/pool')
  if (link === '/rights') return go('admin/rights')
  if (link === '/content-checks') return go('admin/checks')
  const [, subject, id] = link.split('/')
  const route = subjects[subject]
  if (route && id) go(route, { id })
}
