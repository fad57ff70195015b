//! An agreement as it is shown, with what the person who asks may do now.
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::deals::projects::ProjectId;
use crate::deals::signings::agreement::{
    Agreement, AgreementId, AgreementState, OriginKind, Party, PartyId, PartyState, Whole,
};
use crate::deals::signings::annex::{self, AnnexView, PaperKind};
use crate::deals::signings::archive::ArchiveView;
use crate::deals::signings::consent::ConsentText;
use crate::deals::signings::evidence::{Evidence, HistoryLine};
use crate::deals::signings::field::TemplateField;
use crate::deals::signings::negotiation::{self, ApprovalView};
use crate::deals::signings::outside::{Flow, FlowView, SigningProvider};
use crate::deals::signings::outside_file::OutsideCheck;
use crate::deals::signings::seal::SealUse;
use crate::deals::signings::stamp::{Missing, MissingStampView};
use crate::error::AppError;
use crate::people::auth::{Account, AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;

/// Named among what a person may do.
const SIGN: &str = "sign";

/// One party as it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartyView {
    id: PartyId,
    seq: i32,
    field: String,
    title: String,
    title_en: String,
    organisation: String,
    signer_name: String,
    person_id: AccountId,
    state: PartyState,
    signed_at: Option<Time>,
    certificate_serial: Option<String>,
    /// Steps run one after another; everybody of one step signs in any order
    step: i32,
    /// In what capacity the person signs, as stated by the office
    authority: Option<String>,
    /// Whether a time stamp proves when it was signed
    stamped: bool,
    /// The seal inside the signature; left out in lists
    seal: Option<PartySealView>,
}

/// A seal that was used, as it was then.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartySealView {
    name: String,
    /// Of its picture
    picture_sha256: String,
}

impl From<SealUse> for PartySealView {
    fn from(used: SealUse) -> Self {
        Self { name: used.seal_name, picture_sha256: used.picture_sha256 }
    }
}

/// Another agreement that this one follows, or that follows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelatedView {
    id: AgreementId,
    number: String,
    /// What the later of the two does with the earlier
    kind: OriginKind,
    state: AgreementState,
    completed_at: Option<Time>,
}

impl RelatedView {
    fn of(a: Agreement, kind: Option<OriginKind>) -> Option<Self> {
        let Agreement { id, number, state, completed_at, .. } = a;
        kind.map(|kind| Self { id, number, kind, state, completed_at })
    }

    /// Drafted, sent or concluded: there is no second one.
    fn rescinds(&self) -> bool {
        use AgreementState::{Completed, Draft, Signing};
        self.kind == OriginKind::Rescinds && matches!(self.state, Draft | Signing | Completed)
    }
}

/// What a person must do to sign now.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningTerms {
    /// A code of the account's second factor is asked for besides the one by phone
    second_factor: bool,
    /// Whether the person's own reading of the whole text is on record
    read: bool,
    /// The words to agree to, in every language
    consents: Vec<ConsentText>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AgreementView {
    id: AgreementId,
    number: String,
    state: AgreementState,
    template_code: String,
    template_version: i32,
    template_name: String,
    template_name_en: String,
    /// What its text asks for; left empty in lists
    fields: Vec<TemplateField>,
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    values: Map<String, Value>,
    project_id: ProjectId,
    project_name: String,
    unit_id: String,
    /// The file as it is now, with every signature so far
    head_sha256: Option<String>,
    /// The locked text: what is read, agreed to and signed, whoever signed before
    text_sha256: Option<String>,
    revision: i32,
    /// Those of the annexes counted
    pages: Option<i32>,
    /// Files whose pages stand behind the text
    annexes: Vec<AnnexView>,
    paper_kind: PaperKind,
    parties: Vec<PartyView>,
    my_party: Option<PartyId>,
    /// What this person may do now: edit, preview, share, propose, answer, ask_approval, dispatch, sign, sign_outside,
    /// refuse, remind, revoke, revise, rescind, download
    may: Vec<&'static str>,
    /// For whoever may sign now; left out in lists
    signing: Option<SigningTerms>,
    reason: Option<String>,
    created_at: Time,
    dispatched_at: Option<Time>,
    completed_at: Option<Time>,
    expires_at: Option<Time>,
    /// The agreement that this one revises or rescinds
    origin_id: Option<AgreementId>,
    origin_kind: Option<OriginKind>,
    /// The same agreement, to those who may see it; left out in lists
    origin: Option<RelatedView>,
    /// What revises or rescinds this agreement, oldest first, to those who may see it; left empty in lists
    followers: Vec<RelatedView>,
    /// The unit's own approval that was asked for last, for the unit alone; left out in lists
    approval: Option<ApprovalView>,
    shared_at: Option<Time>,
    /// Who makes the signatures
    provider: SigningProvider,
    /// The flow at the service outside; left out in lists
    flow: Option<FlowView>,
    /// The time stamp that an outside authority still owes; left out in lists
    missing_stamp: Option<MissingStampView>,
    /// What lets the file prove itself later on; left out in lists and where none is kept
    archive: Option<ArchiveView>,
    /// Newest last; left empty in lists
    history: Vec<HistoryLine>,
}

impl AgreementView {
    /// With its history.
    pub fn whole(conn: &mut DbConn, whole: Whole, actor: &Actor) -> Result<Self, AppError> {
        let chain = Evidence::all(conn, &whole.agreement.id)?;
        let checked = OutsideCheck::newest(&chain);
        let history = chain.into_iter().map(HistoryLine::from).collect();
        let missing_stamp = Missing::of(conn, &whole.agreement.id)?.map(MissingStampView::from);
        let archive = ArchiveView::of(conn, &whole.agreement.id)?;
        // The unit's own business, whatever the other side sees of the draft.
        let approval = if whole.is_of_office(actor) { negotiation::approval(conn, &whole)? } else { None };
        let flow = Flow::of(conn, &whole.agreement.id)?.map(|flow| FlowView::of(flow, checked));
        let fields = whole.template.content.fields.clone();
        let mut seals = SealUse::of(conn, &whole.agreement.id)?;
        let (origin, followers) = whole.related(conn, actor)?;
        let origin = origin.and_then(|a| RelatedView::of(a, whole.agreement.origin_kind));
        let of_follower = |a: Agreement| {
            let kind = a.origin_kind;
            RelatedView::of(a, kind)
        };
        let followers: Vec<RelatedView> = followers.into_iter().filter_map(of_follower).collect();
        let mut view = Self::of(whole, actor);
        if followers.iter().any(RelatedView::rescinds) {
            view.may.retain(|act| *act != "rescind");
        }
        if view.may.contains(&SIGN) {
            let second_factor = Account::find(conn, &actor.id)?.totp_secret.is_some();
            let text = view.text_sha256.as_deref().unwrap_or_default();
            let read = Evidence::has_read(conn, &view.id, &actor.id, text)?;
            view.signing = Some(SigningTerms { second_factor, read, consents: ConsentText::all() });
        }
        for party in &mut view.parties {
            party.seal = seals.remove(&party.id).map(PartySealView::from);
        }
        Ok(Self { history, missing_stamp, archive, approval, flow, fields, origin, followers, ..view })
    }

    pub fn of(whole: Whole, actor: &Actor) -> Self {
        let may = acts(&whole, actor);
        let my_party = whole.party_of(actor).map(|p| p.id.clone());
        let values = whole.values();
        let annexes = whole.annexes.iter().map(AnnexView::from).collect();
        let paper_kind = annex::paper_kind(whole.annexes.len());
        let template = whole.template;
        let a = whole.agreement;
        let party = |p: Party| PartyView {
            id: p.id,
            seq: p.seq,
            field: p.field,
            title: p.title,
            title_en: p.title_en,
            organisation: p.organisation,
            signer_name: p.signer_name,
            person_id: p.account_id,
            state: p.state,
            signed_at: p.signed_at,
            certificate_serial: p.certificate_serial,
            step: p.step,
            authority: p.authority,
            stamped: p.stamped,
            seal: None,
        };
        Self {
            id: a.id,
            number: a.number,
            state: a.state,
            template_name: template.name.clone(),
            template_name_en: template.name_en.clone(),
            fields: Vec::new(),
            template_code: a.template_code,
            template_version: a.template_version,
            values,
            project_id: a.project_id,
            project_name: a.project_name,
            unit_id: a.unit_id,
            head_sha256: a.head_sha256,
            text_sha256: a.text_sha256,
            revision: a.revision,
            pages: a.pages,
            annexes,
            paper_kind,
            parties: whole.parties.into_iter().map(party).collect(),
            my_party,
            may,
            signing: None,
            reason: a.reason,
            created_at: a.created_at,
            dispatched_at: a.dispatched_at,
            completed_at: a.completed_at,
            expires_at: a.expires_at,
            origin_id: a.origin_id,
            origin_kind: a.origin_kind,
            origin: None,
            followers: Vec::new(),
            approval: None,
            shared_at: a.shared_at,
            provider: a.provider,
            flow: None,
            missing_stamp: None,
            archive: None,
            history: Vec::new(),
        }
    }
}

fn acts(whole: &Whole, actor: &Actor) -> Vec<&'static str> {
    let a = &whole.agreement;
    // A leader of the unit reads and approves; drafts and sends is who is charged with it.
    let office = whole.is_of_office(actor) && actor.doing("update_agreement").is_some();
    let mut may = Vec::new();
    match a.state {
        AgreementState::Draft if office => {
            may.extend(["edit", "preview", "share", "answer", "ask_approval", "dispatch", "revoke"]);
        }
        AgreementState::Signing => {
            may.push("download");
            if whole.turn_of(actor).is_ok() {
                may.push(if a.provider == SigningProvider::BuiltIn { SIGN } else { "sign_outside" });
                may.push("refuse");
            }
            if office {
                may.extend(["remind", "revoke"]);
            }
        }
        AgreementState::Draft => {
            may.push("preview");
            if whole.party_of(actor).is_some() {
                may.push("propose");
            }
        }
        _ if a.head_file.is_some() => may.push("download"),
        _ => {}
    }
    match a.state {
        AgreementState::Completed if office => may.push("rescind"),
        AgreementState::Refused | AgreementState::Revoked | AgreementState::Expired if office => {
            may.push("revise");
        }
        _ => {}
    }
    may
}
