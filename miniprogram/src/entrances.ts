/** The ways into the app, and who sees which. */
import { can, signedIn, type OperationId } from '@/api/session'
import type { MessageKey } from '@/i18n'
import type { Route } from '@/routes'

export interface Entrance {
  route: Route
  icon: string
  label: MessageKey
  why?: MessageKey
}

/** What anybody may use. */
export const publicEntrances: Entrance[] = [
  { route: 'talks/book', icon: 'chat-bubble', label: 'home.to_book', why: 'home.to_book_why' },
  { route: 'gatherings/list', icon: 'usergroup', label: 'home.to_gatherings', why: 'home.to_gatherings_why' },
  { route: 'leads/submit', icon: 'send', label: 'home.to_lead', why: 'home.to_lead_why' },
  { route: 'leads/enquiry', icon: 'building', label: 'home.to_enquiry', why: 'home.to_enquiry_why' },
  { route: 'chains/list', icon: 'link', label: 'home.to_chains', why: 'home.to_chains_why' },
  { route: 'content/guides', icon: 'book-open', label: 'home.to_guides', why: 'home.to_guides_why' },
  { route: 'content/my-guide', icon: 'assignment', label: 'home.to_my_guide', why: 'home.to_my_guide_why' },
  { route: 'content/match', icon: 'task', label: 'home.to_match', why: 'home.to_match_why' },
  { route: 'content/policies', icon: 'file', label: 'home.to_policies', why: 'home.to_policies_why' },
  { route: 'signings/verify', icon: 'verify', label: 'home.to_verify', why: 'home.to_verify_why' },
  { route: 'leads/check', icon: 'certificate', label: 'home.to_receipt', why: 'home.to_receipt_why' },
]

type Gated = Entrance & { operation: OperationId }
const affairs: Gated[] = [
  { route: 'talks', icon: 'chat-bubble', label: 'home.to_talks', operation: 'list_bookings' },
  { route: 'talks/tasks', icon: 'task', label: 'home.to_tasks', operation: 'list_follow_ups' },
  { route: 'talks/availability', icon: 'calendar', label: 'home.to_availability', operation: 'list_availabilities' },
  { route: 'leads/desk', icon: 'task', label: 'home.to_desk', operation: 'list_pool' },
  { route: 'leads/pool', icon: 'layers', label: 'home.to_pool', operation: 'claim_lead' },
  { route: 'map/desk', icon: 'map-location', label: 'home.to_sites', operation: 'show_desk' },
  { route: 'map/offers', icon: 'mail', label: 'home.to_offers', operation: 'make_offer' },
  { route: 'content/desk', icon: 'edit-1', label: 'home.to_editing', operation: 'list_page_versions' },
  { route: 'gatherings/desks', icon: 'calendar', label: 'home.to_held', operation: 'list_gathering_desk' },
  { route: 'map/shortlist', icon: 'star', label: 'home.to_shortlist', operation: 'list_shortlist' },
  { route: 'leads/list', icon: 'send', label: 'home.to_leads', operation: 'list_leads' },
  { route: 'leads/credit', icon: 'certificate', label: 'home.to_credit', operation: 'list_credit_slips' },
  { route: 'leads/bringers', icon: 'usergroup', label: 'home.to_bringers', operation: 'list_appointments' },
  { route: 'enterprises/list', icon: 'building', label: 'home.to_enterprises', operation: 'list_enterprises' },
  { route: 'institutions/list', icon: 'link', label: 'home.to_institutions', operation: 'list_institutions' },
  { route: 'projects/list', icon: 'layers', label: 'home.to_projects', operation: 'list_projects' },
  { route: 'signings/list', icon: 'edit-1', label: 'home.to_agreements', operation: 'list_agreements' },
  { route: 'notifications/list', icon: 'notification', label: 'home.to_inbox', operation: 'list_notifications' },
]
const offices: Gated[] = [
  { route: 'leads/rules', icon: 'certificate', label: 'home.to_lead_rules', operation: 'set_lead_setting' },
  { route: 'enterprises/rules', icon: 'certificate', label: 'home.to_class_rules', operation: 'set_class_setting' },
  { route: 'talks/holidays', icon: 'calendar', label: 'home.to_holidays', operation: 'set_holidays' },
  { route: 'admin/persons', icon: 'usergroup', label: 'home.to_persons', operation: 'list_persons' },
  { route: 'admin/audit', icon: 'history', label: 'home.to_audit', operation: 'list_audit_entries' },
  { route: 'admin/rights', icon: 'verify', label: 'home.to_rights', operation: 'list_rights_tasks' },
  { route: 'admin/checks', icon: 'verify', label: 'home.to_checks', operation: 'list_content_checks' },
]

/** The person's own affairs, as far as the roles reach. */
export const myAffairs = () => (signedIn.value ? affairs.filter((e) => can(e.operation)) : [])
export const myOffices = () => (signedIn.value ? offices.filter((e) => can(e.operation)) : [])
