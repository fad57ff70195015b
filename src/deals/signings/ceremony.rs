//! 签约仪式: agreements that are signed before an audience, and what the audience may see of them.
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::deals::signings::agreement::{AgreementId, AgreementState, Party, PartyState};
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, Actor, Scope, Tx};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::Line;
use crate::platform::masked;
use crate::schema::{agreement_parties, agreements, ceremonies, ceremony_agreements};

const NOT_DRAFTABLE: Code =
    Code::new("ceremony.closed", "仪式已结束，不能再修改", "The ceremony is closed and cannot be changed");
const NOT_SENT: Code = Code::new(
    "ceremony.agreement_not_sent",
    "有协议还没有发出；请先锁定并发出，再加入仪式",
    "An agreement was not sent yet; lock and send it before it joins the ceremony",
);
/// Agreements of one ceremony, at most.
pub const MOST_AGREEMENTS: usize = 60;
/// Points of one programme, at most.
pub const MOST_POINTS: usize = 30;

crate::typed_id!(CeremonyId);
crate::text_enum! {
    /// Whether the audience may look.
    pub enum CeremonyState {
        Draft = "draft", "筹备中", "In preparation";
        Open = "open", "进行中", "Open";
        Closed = "closed", "已结束", "Closed";
    }
}
crate::text_enum! {
    /// What happened on the stage.
    pub enum CeremonyMomentKind {
        Signed = "signed", "签署", "Signed";
        Completed = "completed", "签约完成", "Agreement concluded";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = ceremonies)]
pub struct Ceremony {
    pub id: CeremonyId,
    pub unit_id: String,
    pub title: String,
    pub title_en: String,
    pub place: String,
    pub starts_at: Time,
    /// JSON array of [`ProgrammePoint`]
    pub programme: String,
    pub state: CeremonyState,
    pub created_by: AccountId,
    pub created_at: Time,
    pub opened_at: Option<Time>,
    pub closed_at: Option<Time>,
}

/// One point of the programme.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgrammePoint {
    /// Such as 09:30
    #[schema(value_type = String, min_length = 1, max_length = 20)]
    time: Line<20>,
    #[schema(value_type = String, min_length = 1, max_length = 80)]
    title: Line<80>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 160)]
    title_en: Option<Line<160>>,
}

/// What an office says of a ceremony.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanCeremony {
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    title: Line<60>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    title_en: Option<Line<120>>,
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    place: Line<60>,
    starts_at: Time,
    #[schema(max_items = 30)]
    programme: Vec<ProgrammePoint>,
    /// In the order in which they are called
    #[schema(max_items = 60)]
    agreement_ids: Vec<AgreementId>,
}

impl Ceremony {
    pub fn find(conn: &mut DbConn, id: &CeremonyId) -> Result<Self, AppError> {
        ceremonies::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// One that was opened: for everybody.
    pub fn public(conn: &mut DbConn, id: &CeremonyId) -> Result<Self, AppError> {
        let found = Self::find(conn, id)?;
        if found.state == CeremonyState::Draft { Err(AppError::NotFound) } else { Ok(found) }
    }

    /// For the office that holds it, and whoever sees every unit.
    pub fn seen_by(conn: &mut DbConn, id: &CeremonyId, actor: &Actor) -> Result<Self, AppError> {
        let found = Self::find(conn, id)?;
        let seen = actor.reaches(Some(&found.created_by), Some(&found.unit_id));
        if seen { Ok(found) } else { Err(AppError::NotFound) }
    }

    pub fn list(
        conn: &mut DbConn,
        actor: &Actor,
        after: Option<String>,
        most: i64,
    ) -> Result<Vec<Self>, AppError> {
        use ceremonies as t;
        let mut query = t::table.into_boxed();
        query = match (actor.scope(), actor.unit_id.clone()) {
            (Scope::Any, _) => query,
            (Scope::Unit, Some(unit)) => query.filter(t::unit_id.eq(unit).or(t::created_by.eq(&actor.id))),
            _ => query.filter(t::created_by.eq(&actor.id)),
        };
        if let Some(after) = after {
            query = query.filter(t::id.lt(after));
        }
        Ok(query.order(t::id.desc()).limit(most).load(conn)?)
    }

    fn programme(&self) -> Vec<ProgrammePoint> {
        serde_json::from_str(&self.programme).unwrap_or_default()
    }
}

impl PlanCeremony {
    fn check(&self) -> Result<String, AppError> {
        if self.programme.len() > MOST_POINTS {
            return Err(AppError::field("programme", "input.range"));
        }
        if self.agreement_ids.len() > MOST_AGREEMENTS {
            return Err(AppError::field("agreement_ids", "input.range"));
        }
        serde_json::to_string(&self.programme).map_err(AppError::internal)
    }
}

/// A new ceremony of the acting person's unit.
pub fn plan(tx: &mut Tx<'_>, new: &PlanCeremony) -> Result<CeremonyId, AppError> {
    let programme = new.check()?;
    let unit = tx.actor.unit_id.clone().ok_or(AppError::Forbidden(&crate::error::FORBIDDEN))?;
    let ceremony = Ceremony {
        id: CeremonyId::fresh(),
        unit_id: unit,
        title: new.title.as_str().to_owned(),
        title_en: new.title_en.as_ref().map_or_else(String::new, |title| title.as_str().to_owned()),
        place: new.place.as_str().to_owned(),
        starts_at: new.starts_at,
        programme,
        state: CeremonyState::Draft,
        created_by: tx.actor.id.clone(),
        created_at: tx.now,
        opened_at: None,
        closed_at: None,
    };
    let id = ceremony.id.clone();
    diesel::insert_into(ceremonies::table).values(ceremony).execute(tx.conn)?;
    call_up(tx, &id, &new.agreement_ids)?;
    tx.subject("ceremony", &id);
    Ok(id)
}

/// Everything said anew, until the ceremony is closed.
pub fn replan(tx: &mut Tx<'_>, id: &CeremonyId, new: &PlanCeremony) -> Result<(), AppError> {
    use ceremonies as t;
    let programme = new.check()?;
    let title_en = new.title_en.as_ref().map_or("", |title| title.as_str());
    let changed = diesel::update(t::table.find(id).filter(t::state.ne(CeremonyState::Closed)))
        .set((
            t::title.eq(new.title.as_str()),
            t::title_en.eq(title_en),
            t::place.eq(new.place.as_str()),
            t::starts_at.eq(new.starts_at),
            t::programme.eq(programme),
        ))
        .execute(tx.conn)?;
    if changed != 1 {
        return Err(AppError::Conflict(&NOT_DRAFTABLE));
    }
    use ceremony_agreements as c;
    diesel::delete(c::table.filter(c::ceremony_id.eq(id))).execute(tx.conn)?;
    call_up(tx, id, &new.agreement_ids)?;
    tx.subject("ceremony", id);
    Ok(())
}

fn call_up(tx: &mut Tx<'_>, id: &CeremonyId, agreement_ids: &[AgreementId]) -> Result<(), AppError> {
    use {agreements as t, ceremony_agreements as c};
    for (agreement, seq) in agreement_ids.iter().zip(1..) {
        let found: Option<(String, AccountId, AgreementState)> = t::table
            .find(agreement)
            .select((t::unit_id, t::created_by, t::state))
            .first(tx.conn)
            .optional()?;
        let (unit, owner, state) = found.ok_or(AppError::NotFound)?;
        if !tx.actor.reaches(Some(&owner), Some(&unit)) {
            return Err(AppError::NotFound);
        }
        if !matches!(state, AgreementState::Signing | AgreementState::Completed) {
            return Err(AppError::Unprocessable(&NOT_SENT));
        }
        let row = (c::ceremony_id.eq(id), c::seq.eq(seq), c::agreement_id.eq(agreement));
        diesel::insert_into(c::table).values(row).execute(tx.conn)?;
    }
    Ok(())
}

/// Lets the audience look; again after a close it stays closed.
pub fn open(tx: &mut Tx<'_>, id: &CeremonyId) -> Result<(), AppError> {
    use ceremonies as t;
    let set = (t::state.eq(CeremonyState::Open), t::opened_at.eq(Some(tx.now)));
    let draft = t::table.find(id).filter(t::state.eq(CeremonyState::Draft));
    moved(diesel::update(draft).set(set).execute(tx.conn)?)?;
    tx.subject("ceremony", id);
    Ok(())
}

pub fn close(tx: &mut Tx<'_>, id: &CeremonyId) -> Result<(), AppError> {
    use ceremonies as t;
    let set = (t::state.eq(CeremonyState::Closed), t::closed_at.eq(Some(tx.now)));
    let opened = t::table.find(id).filter(t::state.eq(CeremonyState::Open));
    moved(diesel::update(opened).set(set).execute(tx.conn)?)?;
    tx.subject("ceremony", id);
    Ok(())
}

fn moved(changed: usize) -> Result<(), AppError> {
    if changed == 1 { Ok(()) } else { Err(AppError::Conflict(&NOT_DRAFTABLE)) }
}

/// What an audience sees: organisations by name, persons by family name alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScreenView {
    id: CeremonyId,
    title: String,
    title_en: String,
    unit_name: String,
    unit_name_en: String,
    place: String,
    starts_at: Time,
    state: CeremonyState,
    /// The server's clock, for the countdown
    now: Time,
    programme: Vec<ProgrammePoint>,
    totals: Totals,
    agreements: Vec<OnStage>,
    /// What happened, oldest first; a screen that was off shows what it has not shown yet
    moments: Vec<Moment>,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Totals {
    agreements: usize,
    concluded: usize,
    signatures: usize,
    signed: usize,
    /// Investment of the concluded agreements
    concluded_fen: i64,
    /// Investment of all agreements
    intended_fen: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OnStage {
    seq: i32,
    agreement_id: AgreementId,
    number: String,
    project_name: String,
    intended_fen: Option<i64>,
    state: AgreementState,
    completed_at: Option<Time>,
    parties: Vec<PartyOnStage>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PartyOnStage {
    title: String,
    title_en: String,
    organisation: String,
    signer_masked: String,
    state: PartyState,
    signed_at: Option<Time>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Moment {
    at: Time,
    kind: CeremonyMomentKind,
    /// Place in `agreements`
    agreement: usize,
    /// Place in that agreement's `parties`; absent when all have signed
    party: Option<usize>,
}

type AgreementRow = (i32, AgreementId, String, String, String, AgreementState, Option<Time>);

/// The ceremony as it stands now.
pub fn screen(conn: &mut DbConn, ceremony: Ceremony, now: Time) -> Result<ScreenView, AppError> {
    use {agreement_parties as p, agreements as t, ceremony_agreements as c};
    let called: Vec<AgreementRow> = c::table
        .inner_join(t::table)
        .filter(c::ceremony_id.eq(&ceremony.id))
        .order(c::seq.asc())
        .select((c::seq, t::id, t::number, t::project_name, t::field_values, t::state, t::completed_at))
        .load(conn)?;
    let ids: Vec<String> = called.iter().map(|row| row.1.to_string()).collect();
    let signers: Vec<Party> = p::table.filter(p::agreement_id.eq_any(ids)).order(p::seq.asc()).load(conn)?;
    let unit = Unit::find(conn, &ceremony.unit_id)?.ok_or(AppError::NotFound)?;
    let agreements: Vec<OnStage> = called.into_iter().map(|row| on_stage(row, &signers)).collect();
    Ok(ScreenView {
        programme: ceremony.programme(),
        id: ceremony.id,
        title: ceremony.title,
        title_en: ceremony.title_en,
        unit_name: unit.name,
        unit_name_en: unit.name_en,
        place: ceremony.place,
        starts_at: ceremony.starts_at,
        state: ceremony.state,
        now,
        totals: totals(&agreements),
        moments: moments(&agreements),
        agreements,
    })
}

fn on_stage(row: AgreementRow, signers: &[Party]) -> OnStage {
    let (seq, agreement_id, number, project_name, values, state, completed_at) = row;
    let values: Map<String, Value> = serde_json::from_str(&values).unwrap_or_default();
    let party = |p: &Party| PartyOnStage {
        title: p.title.clone(),
        title_en: p.title_en.clone(),
        organisation: p.organisation.clone(),
        signer_masked: masked::name(&p.signer_name),
        state: p.state,
        signed_at: p.signed_at,
    };
    let parties = signers.iter().filter(|p| p.agreement_id == agreement_id).map(party).collect();
    let intended_fen = values.get("intended_investment_fen").and_then(Value::as_i64);
    OnStage { seq, agreement_id, number, project_name, intended_fen, state, completed_at, parties }
}

fn totals(agreements: &[OnStage]) -> Totals {
    let mut totals = Totals { agreements: agreements.len(), ..Totals::default() };
    for agreement in agreements {
        let fen = agreement.intended_fen.unwrap_or(0);
        totals.signatures += agreement.parties.len();
        totals.signed += agreement.parties.iter().filter(|p| p.signed_at.is_some()).count();
        totals.intended_fen = totals.intended_fen.saturating_add(fen);
        if agreement.state == AgreementState::Completed {
            totals.concluded += 1;
            totals.concluded_fen = totals.concluded_fen.saturating_add(fen);
        }
    }
    totals
}

fn moments(agreements: &[OnStage]) -> Vec<Moment> {
    let mut moments = Vec::new();
    for (place, agreement) in agreements.iter().enumerate() {
        let signed = agreement.parties.iter().enumerate().filter_map(|(n, p)| Some((n, p.signed_at?)));
        moments.extend(signed.map(|(n, at)| Moment {
            at,
            kind: CeremonyMomentKind::Signed,
            agreement: place,
            party: Some(n),
        }));
        moments.extend(agreement.completed_at.map(|at| Moment {
            at,
            kind: CeremonyMomentKind::Completed,
            agreement: place,
            party: None,
        }));
    }
    moments.sort_by_key(|m| (m.at, m.agreement, m.kind == CeremonyMomentKind::Completed, m.party));
    moments
}

/// A list for the press: comma-separated values that spreadsheets open, without a person's name or phone.
pub fn press_list(screen: &ScreenView) -> String {
    let mut text =
        "\u{feff}序号,协议编号,项目,签约方,意向投资额（万元）,状态,签约时间（北京时间）\r\n".to_owned();
    for a in &screen.agreements {
        let mut organisations: Vec<&str> = Vec::new();
        for party in &a.parties {
            if !organisations.contains(&party.organisation.as_str()) {
                organisations.push(&party.organisation);
            }
        }
        let wan = a
            .intended_fen
            .map_or_else(String::new, |fen| format!("{}.{:02}", fen / 1_000_000, fen / 10_000 % 100));
        let at = a
            .completed_at
            .map_or_else(String::new, |at| at.in_china().format("%Y-%m-%d %H:%M:%S").to_string());
        let cells = [
            a.seq.to_string(),
            a.number.clone(),
            a.project_name.clone(),
            organisations.join("、"),
            wan,
            a.state.zh().to_owned(),
            at,
        ];
        text += &cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",");
        text += "\r\n";
    }
    text
}

/// A cell that no spreadsheet takes for a formula.
fn quoted(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t']) { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_is_never_a_formula() {
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
