/** The shapes of the API, one block per room. */

export interface Page<T> {
  items: T[]
  next?: string | null
  total?: number
}
export type Maybe<T> = T | null | undefined

// auth
export type Role =
  | 'investor' | 'consultant' | 'information_task_force' | 'unit_official' | 'negotiator' | 'service_agent' | 'leader'
  | 'system_administrator' | 'security_administrator' | 'audit_administrator'
export interface MeView {
  person_id: string
  name: string
  phone_masked: string
  unit_id?: string | null
  unit_name?: string | null
  unit_name_en?: string | null
  roles: Role[]
  operations: string[]
  demo?: boolean
}
export interface Tokens {
  access_token: string
  expires_in: number
  refresh_token: string
  refresh_expires_at: string
  me: MeView
}
export interface CodeSent {
  expires_at: string
  resend_after_seconds: number
}
export type SignIn =
  | { method: 'phone_code'; phone: string; code: string }
  | { method: 'password'; login: string; password: string; totp: string }
  | { method: 'wechat'; login_code: string; phone_code: string }
export interface SessionView {
  id: string
  created_at: string
  last_used_at: string
  user_agent: string
  current: boolean
}

// units, persons, audit
export interface UnitView {
  id: string
  name: string
  short_name?: string
  name_en?: string | null
  kind: 'county' | 'park' | 'office' | 'department'
  duty: 'direct' | 'coordinator' | 'liaison' | 'information' | 'service'
  parent_id?: string | null
  functional_area: boolean
  former_names: string[]
}
export interface PersonView {
  id: string
  name: string
  phone_masked: string
  login?: string | null
  unit_id?: string | null
  unit_name?: string | null
  roles: Role[]
  demo?: boolean
  state: 'active' | 'invited' | 'disabled'
}
export interface AuditEntryView {
  id: string
  at: string
  actor_id?: string | null
  actor_name?: string | null
  operation: string
  subject?: string | null
  outcome: 'done' | 'refused'
  request_id?: string | null
  address?: string | null
  detail?: string | null
}
export type Terms = Record<string, Record<string, { zh: string; en: string }>>

// map
export type SiteKind = 'park' | 'parcel' | 'factory_building'
export type SiteStatus = 'available' | 'in_talks' | 'taken' | 'unknown'
export type Industry =
  | 'equipment_manufacturing' | 'electronics' | 'new_materials' | 'food' | 'bamboo' | 'dark_tea' | 'shipbuilding' | 'biomedicine'
  | 'textiles' | 'new_energy' | 'modern_agriculture' | 'modern_services'
export interface SiteSummary {
  id: string
  kind: SiteKind
  name: string
  name_en?: string | null
  unit_id: string
  unit_name: string
  unit_name_en?: string | null
  longitude: number
  latitude: number
  precision: 'exact' | 'park' | 'district'
  industries: Industry[]
  area_m2?: number | null
  price_fen_per_mu?: number | null
  rent_fen_per_m2_month?: number | null
  status: SiteStatus
  checked_on?: string | null
  demo: boolean
}
export interface Fact {
  label: string
  label_en?: string | null
  value: string
  value_en?: string | null
  source: string
  source_url?: string | null
  source_on?: string | null
  confidence: 'a' | 'b' | 'c'
}
export interface SiteView extends SiteSummary {
  park_id?: string | null
  park_name?: string | null
  former_names: string[]
  summary?: string | null
  summary_en?: string | null
  facts: Fact[]
  tenure_years?: number | null
  plot_ratio?: string | number | null
  zoning?: string | null
  floor_load_kg_m2?: number | null
  clear_height_cm?: number | null
  floors?: number | null
  power_kva?: number | null
  free_from?: string | null
  source?: string | null
  source_on?: string | null
  checked_by?: string | null
  datum: Datum
}
export type Datum = 'gcj02' | 'wgs84'
export type FacetCounts = Record<string, number>
export interface SiteResults extends Page<SiteSummary> {
  total: number
  datum: Datum
  facets: { kind: FacetCounts; unit_id: FacetCounts; industry: FacetCounts; status: FacetCounts }
}
export interface SiteQuery {
  kind?: string
  unit_id?: string
  industry?: string
  area_min_m2?: number
  area_max_m2?: number
  price_max_fen_per_mu?: number
  rent_max_fen_per_m2_month?: number
  status?: string
  q?: string
  bbox?: string
  datum?: Datum
  limit?: number
  cursor?: string
}
export interface Outlines {
  type: 'FeatureCollection'
  features: OutlineFeature[]
  datum: Datum
  source: string
  approval_no: string
  disclaimer: string
  disclaimer_en?: string | null
}
export interface OutlineFeature {
  type: 'Feature'
  properties: { code: string; name: string; name_en?: string | null; center?: [number, number]; label?: [number, number] }
  geometry: { type: 'Polygon'; coordinates: [number, number][][] } | { type: 'MultiPolygon'; coordinates: [number, number][][][] }
}

// content
export type PageKind = 'guide' | 'policy'
export interface PageSummary {
  slug: string
  kind: PageKind
  title: string
  title_en?: string | null
  summary: string
  summary_en?: string | null
  published_on: string
  updated_on: string
  document_no?: string | null
  issuer?: string | null
  demo: boolean
}
export interface GuideStep {
  title: string
  title_en?: string | null
  owner: string
  owner_en?: string | null
  days?: number | null
  documents: string[]
  legal_basis?: string | null
}
export interface PageView extends PageSummary {
  body_html: string
  body_html_en?: string | null
  source: string
  source_url?: string | null
  source_on?: string | null
  steps: GuideStep[]
}

// talks
export interface Slot {
  host_id: string
  host_name: string
  unit_id: string
  starts_at: string
  ends_at: string
}
export type BookingState = 'held' | 'requested' | 'confirmed' | 'declined' | 'cancelled' | 'expired'
export interface BookingView {
  id: string
  state: BookingState
  topic: string
  language: 'zh' | 'en'
  site_id?: string | null
  site_name?: string | null
  unit_id: string
  unit_name: string
  host_id: string
  host_name: string
  investor_id: string
  investor_name: string
  starts_at: string
  ends_at: string
  hold_expires_at?: string | null
  reason?: string | null
  version: number
  my_side: 'investor' | 'host' | 'none'
  may: ('confirm' | 'decline' | 'move' | 'cancel' | 'enter' | 'minutes' | 'open_project')[]
  project_id?: string | null
  minutes_state: 'none' | 'draft' | 'published'
  history: { at: string; by_name: string; what: string; reason?: string | null }[]
}
export interface HoldTalk {
  unit_id?: string
  site_id?: string
  host_id: string
  starts_at: string
  topic: string
  language: 'zh' | 'en'
}
export interface Ticket {
  ticket: string
  expires_at: string
  socket_path: string
}
export interface VoipParameters {
  group_id: string
  nonce_str: string
  time_stamp: number
  signature: string
  room_type: string
}
export interface FileView {
  id: string
  name: string
  size: number
  media_type: string
}
export interface MessageView {
  seq: number
  sender_id?: string | null
  sender_name?: string | null
  kind: 'text' | 'file' | 'system'
  body: string
  file?: FileView | null
  client_id?: string | null
  sent_at: string
}
export interface FollowUp {
  id?: string
  text: string
  owner: 'host' | 'investor'
  due_on: string
  done_at?: string | null
}
export interface WriteMinutes {
  summary: string
  agreed_points: string[]
  follow_ups: { text: string; owner: 'host' | 'investor'; due_on: string }[]
}
export interface MinutesView {
  booking_id: string
  state: 'draft' | 'published'
  summary: string
  agreed_points: string[]
  follow_ups: FollowUp[]
  version: number
  published_at?: string | null
  written_by_name: string
}

// projects
export type Stage =
  | 'candidate' | 'in_talks' | 'signed' | 'landed' | 'started' | 'completed' | 'in_production' | 'full_production' | 'ended'
export interface OpenProject {
  name: string
  enterprise_name: string
  credit_code?: string
  industry: Industry
  unit_id?: string
  booking_id?: string
  site_id?: string
  intended_investment_fen?: number
  summary?: string
}
export interface ProjectView {
  id: string
  number: string
  name: string
  enterprise_name: string
  credit_code?: string | null
  industry: Industry
  unit_id: string
  unit_name: string
  site_id?: string | null
  site_name?: string | null
  booking_id?: string | null
  investor_id?: string | null
  investor_name?: string | null
  intended_investment_fen?: number | null
  committed_fen?: number | null
  stage: Stage
  opened_at: string
  stage_moves: { stage: Stage; at: string; by_name: string; because: string }[]
  agreement_id?: string | null
  may: 'draft_agreement'[]
}

// signings
export interface TemplateField {
  key: string
  label: string
  label_en?: string | null
  kind: 'text' | 'long_text' | 'money' | 'area' | 'day' | 'integer' | 'choice'
  required: boolean
  max_length?: number | null
  min?: number | null
  max?: number | null
  choices?: (string | { value: string; label: string; label_en?: string | null })[] | null
  help?: string | null
}
export interface TemplateView {
  code: string
  version: number
  name: string
  name_en?: string | null
  fields: TemplateField[]
}
export type FieldValues = Record<string, string | number | null>
export type AgreementState = 'draft' | 'signing' | 'completed' | 'refused' | 'revoked' | 'expired'
export interface PartyView {
  id: string
  seq: number
  title: string
  title_en?: string | null
  organisation: string
  signer_name: string
  person_id: string
  state: 'waiting' | 'turn' | 'signed' | 'refused'
  signed_at?: string | null
  step: number
  authority?: string | null
  stamped: boolean
}
export interface MissingStamp {
  fault: string
  attempts: number
  since: string
  next_attempt_at: string
}
export interface AgreementView {
  id: string
  number: string
  state: AgreementState
  template_code: string
  template_version: number
  template_name: string
  values: FieldValues
  project_id: string
  project_name: string
  head_sha256?: string | null
  /** The locked text: what is read, agreed to and signed, whoever signed before. */
  text_sha256?: string | null
  missing_stamp?: MissingStamp | null
  origin_id?: string | null
  origin_kind?: 'revises' | 'rescinds' | null
  revision: number
  pages?: number | null
  parties: PartyView[]
  my_party?: string | null
  may: ('edit' | 'preview' | 'share' | 'propose' | 'ask_approval' | 'dispatch' | 'read' | 'sign' | 'refuse' | 'remind' | 'revoke' | 'revise' | 'rescind' | 'download')[]
  shared_at?: string | null
  dispatched_at?: string | null
  completed_at?: string | null
  expires_at?: string | null
  history: { at: string; by_name: string; what: string; reason?: string | null }[]
}
export interface ChallengeView {
  challenge_id: string
  phone_masked: string
  document_sha256: string
  expires_at: string
  resend_after_seconds: number
}
export interface SignAgreement {
  challenge_id: string
  code: string
  document_sha256: string
  consent: true
  handwriting_png?: string
  typed_name?: string
}
export interface EvidenceEntry {
  seq: number
  at: string
  actor_name: string
  action: string
  payload: unknown
  prev_hash: string
  hash: string
}
export interface EvidenceView {
  items: EvidenceEntry[]
  head: string
}
export interface Finding {
  code: string
  text: string
  text_en: string
}
export interface VerdictView {
  verdict: 'valid' | 'valid_unstamped' | 'partly_signed' | 'untrusted' | 'tampered' | 'unsigned' | 'unreadable' | 'trailing_bytes'
  sentence: string
  sentence_en: string
  sha256: string
  registered: {
    known: boolean
    number?: string | null
    revision?: number | null
    final?: boolean | null
    grown_from?: { number: string; revision: number; made_at: string } | null
  }
  problems: Finding[]
  notices: Finding[]
  signatures: {
    field: string
    signer: string
    signed_at?: string | null
    timestamp_ok: boolean
    trusted: boolean
    intact: boolean
    covers_whole_file: boolean
    later_changes: Finding[]
    problems: Finding[]
    reason?: string | null
  }[]
  unsigned_fields: string[]
}

// leads
export type LeadState = 'submitted' | 'screened' | 'handed_over' | 'accepted' | 'returned' | 'declined' | 'in_project'
export interface SubmitLead {
  enterprise_name: string
  credit_code?: string
  contact_name: string
  contact_phone: string
  industry: Industry
  intention: string
  submitted_for?: string
}
export interface Likeness {
  lead_id: string
  number: string
  enterprise_name: string
  reasons: ('credit_code' | 'name' | 'phone')[]
  review_id: string
  state: 'open' | 'decided'
}
export interface HandoverView {
  id: string
  unit_id: string
  unit_name: string
  state: 'offered' | 'accepted' | 'returned'
  note?: string | null
  reason?: string | null
  handed_over_at: string
  answer_by?: string | null
  answered_at?: string | null
}
export interface LeadView {
  id: string
  number: string
  enterprise_name: string
  credit_code?: string | null
  contact_name: string
  contact_phone_masked: string
  industry: Industry
  intention: string
  state: LeadState
  standing: 'first' | 'later' | 'undecided'
  submitted_at: string
  submitted_by_name: string
  submitted_by_unit?: string | null
  likeness: Likeness[]
  handovers: HandoverView[]
  may: ('hand_over' | 'accept' | 'return' | 'decide_likeness' | 'reveal')[]
}
export interface ReceiptView {
  format: 'palm-receipt/1'
  number: string
  sequence: number
  submitted_at: string
  facts: Record<string, unknown>
  facts_sha256: string
  previous_hash: string
  entry_hash: string
  ledger: string
}
export interface ReceiptCheck {
  genuine: boolean
  sentence: string
  sentence_en: string
  problems: string[]
}
export interface LikenessReview {
  id: string
  state: 'open' | 'decided'
  reasons: ('credit_code' | 'name' | 'phone')[]
  leads: LeadView[]
  decision?: 'same' | 'different' | null
  reason?: string | null
  decided_by_name?: string | null
  decided_at?: string | null
}

// notifications
export interface NotificationView {
  id: string
  kind: string
  title: string
  title_en?: string | null
  body: string
  body_en?: string | null
  link?: string | null
  created_at: string
  read_at?: string | null
}
export interface Inbox extends Page<NotificationView> {
  unread: number
}
export interface SubscriptionView {
  template_key: string
  template_id: string
  name: string
  name_en?: string | null
  credits: number
}

// ceremonies
export interface CeremonyView {
  id: string
  unit_id: string
  title: string
  title_en: string
  place: string
  starts_at: string
  state: 'draft' | 'open' | 'closed'
}
export interface ProgrammePoint {
  time: string
  title: string
  title_en?: string | null
}
export interface PlanCeremony {
  title: string
  title_en?: string
  place: string
  starts_at: string
  programme: ProgrammePoint[]
  agreement_ids: string[]
}
export interface PartyOnStage {
  title: string
  title_en: string
  organisation: string
  signer_masked: string
  state: PartyView['state']
  signed_at?: string | null
}
export interface OnStage {
  seq: number
  agreement_id: string
  number: string
  project_name: string
  intended_fen?: number | null
  state: AgreementState
  completed_at?: string | null
  parties: PartyOnStage[]
}
export interface ScreenView {
  id: string
  title: string
  title_en: string
  unit_name: string
  unit_name_en: string
  place: string
  starts_at: string
  state: 'draft' | 'open' | 'closed'
  now: string
  programme: ProgrammePoint[]
  totals: { agreements: number; concluded: number; signatures: number; signed: number; concluded_fen: number; intended_fen: number }
  agreements: OnStage[]
  moments: { at: string; kind: 'signed' | 'completed'; agreement: number; party?: number | null }[]
}
