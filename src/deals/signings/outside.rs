//! Signing at a licensed service outside (腾讯电子签): the agreement's states are ours, what the service says moves
//! them. A callback only hints that something changed; the flow is asked for itself before it is believed.
use chrono::Duration;
use diesel::prelude::*;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::signings::agreement::{self, AgreementId, AgreementState, Whole};
use crate::deals::signings::evidence::{By, Evidence, EvidenceAction};
use crate::deals::signings::outside_file::OutsideCheck;
use crate::deals::signings::rules;
use crate::deals::signings::sealing;
use crate::deals::signings::service::{self, FlowPlan, OutsideSigner, SigningService};
use crate::error::{AppError, Code};
use crate::people::auth::Account;
use crate::platform::clock::{Time, doubled};
use crate::platform::db::{Both, DbConn, Locked};
use crate::platform::ess::{Callback, FlowSeen, FlowStanding};
use crate::schema::{agreement_flows, ess_callbacks};

pub const SIGNED_ELSEWHERE: Code = Code::new(
    "agreement.signed_elsewhere",
    "这份协议在腾讯电子签签署，请从协议页打开电子签小程序",
    "This agreement is signed at Tencent E-Sign; open its mini-program from the agreement's page",
);
pub const NO_SERVICE: Code = Code::new(
    "agreement.no_service",
    "平台没有配置腾讯电子签，请改用平台自签，或联系系统管理员",
    "Tencent E-Sign is not set up; sign with the platform itself, or ask the system administrator",
);
const NOT_BEGUN: Code = Code::new(
    "agreement.flow_not_begun",
    "签署流程还在创建，请稍后再试",
    "The flow at the service is still being made; try again in a moment",
);
const NOT_UNKNOWN: Code = Code::new(
    "agreement.flow_known",
    "签署流程没有待确认的问题，不需要重新发起",
    "Nothing is unclear about the flow; it need not be started again",
);
/// A worker that is gone gives its flow back after this.
const LEASE: Duration = Duration::minutes(3);
/// Callbacks get lost: an open flow is looked at anyway.
const LOOKED_AT: Duration = Duration::minutes(10);
const FIRST_WAIT: Duration = Duration::seconds(30);
const LONGEST_WAIT: Duration = Duration::hours(1);
const LARGEST: usize = 20 << 20;
const AT_ONCE: i64 = 20;

crate::text_enum! {
    /// Who makes the signatures of an agreement.
    pub enum SigningProvider {
        BuiltIn = "built_in", "平台自签", "The platform (self-signed)";
        Ess = "ess", "腾讯电子签", "Tencent E-Sign";
    }
}
crate::text_enum! {
    /// Where an agreement's flow at the service stands.
    pub enum FlowState {
        Waiting = "waiting", "正在发起", "Being started";
        Open = "open", "签署中", "Open";
        Unknown = "unknown", "回执不明，待核对", "Unclear; to be checked";
        Ended = "ended", "已结束", "Ended";
    }
}

impl SigningProvider {
    pub const fn is_outside(self) -> bool {
        !matches!(self, Self::BuiltIn)
    }
}

/// An agreement's flow at the service.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = agreement_flows)]
pub struct Flow {
    pub agreement_id: AgreementId,
    pub flow_id: Option<String>,
    pub state: FlowState,
    pub attempts: i32,
    pub due_at: Time,
    pub failure: Option<String>,
}

/// The flow as it is shown to the office and the signers.
#[derive(Debug, Serialize, ToSchema)]
pub struct FlowView {
    state: FlowState,
    /// Why the last attempt did not succeed
    failure: Option<String>,
    next_attempt_at: Option<Time>,
    /// What was found in the service's signed file
    file: Option<OutsideCheck>,
}

impl FlowView {
    pub fn of(flow: Flow, file: Option<OutsideCheck>) -> Self {
        let next = matches!(flow.state, FlowState::Waiting | FlowState::Open).then_some(flow.due_at);
        Self { state: flow.state, failure: flow.failure, next_attempt_at: next, file }
    }
}

fn wait_after(attempts: i32) -> Duration {
    doubled(FIRST_WAIT, attempts, LONGEST_WAIT)
}

impl Flow {
    /// A flow that a worker will begin.
    pub fn ask_for(conn: &mut DbConn, id: &AgreementId, now: Time) -> Result<(), AppError> {
        let flow = Self {
            agreement_id: id.clone(),
            flow_id: None,
            state: FlowState::Waiting,
            attempts: 0,
            due_at: now,
            failure: None,
        };
        diesel::insert_into(agreement_flows::table).values(flow).execute(conn)?;
        Ok(())
    }

    pub fn of(conn: &mut DbConn, id: &AgreementId) -> Result<Option<Self>, AppError> {
        Ok(agreement_flows::table.find(id).first(conn).optional()?)
    }

    /// Somebody looked at the service's console: no flow is there, so another may begin.
    pub fn ask_again(conn: &mut DbConn, id: &AgreementId, now: Time) -> Result<(), AppError> {
        use agreement_flows as t;
        let unknown = t::table.find(id).filter(t::state.eq(FlowState::Unknown));
        let again = (t::state.eq(FlowState::Waiting), t::due_at.eq(now), t::failure.eq(None::<String>));
        let changed = diesel::update(unknown).set(again).execute(conn)?;
        if changed == 1 { Ok(()) } else { Err(AppError::Conflict(&NOT_UNKNOWN)) }
    }

    /// The agreement ended here: its flow is called off now, not at the next look.
    pub fn hasten(conn: &mut DbConn, id: &AgreementId, now: Time) -> Result<(), AppError> {
        use agreement_flows as t;
        let lives = t::table.find(id).filter(t::state.eq_any([FlowState::Waiting, FlowState::Open]));
        diesel::update(lives).set(t::due_at.eq(now)).execute(conn)?;
        Ok(())
    }

    /// Those that are due, for this worker alone until the lease ends.
    fn claim(conn: &mut DbConn, now: Time) -> Result<Vec<Self>, AppError> {
        use agreement_flows as t;
        let query = t::table
            .filter(t::state.eq_any([FlowState::Waiting, FlowState::Open]))
            .filter(t::due_at.le(now))
            .order(t::due_at.asc())
            .limit(AT_ONCE);
        let due: Vec<Self> = Locked { query, skip: true }.load(conn)?;
        let ids: Vec<AgreementId> = due.iter().map(|flow| flow.agreement_id.clone()).collect();
        diesel::update(t::table.filter(t::agreement_id.eq_any(ids)))
            .set(t::due_at.eq(now.plus(LEASE)))
            .execute(conn)?;
        Ok(due)
    }

    fn put_off(&self, conn: &mut DbConn, failure: &str, now: Time) -> Result<(), AppError> {
        use agreement_flows as t;
        let next = now.plus(wait_after(self.attempts));
        diesel::update(t::table.find(&self.agreement_id))
            .set((t::attempts.eq(t::attempts + 1), t::due_at.eq(next), t::failure.eq(Some(failure))))
            .execute(conn)?;
        Ok(())
    }

    fn move_to(
        conn: &mut DbConn,
        id: &AgreementId,
        state: FlowState,
        failure: Option<&str>,
        due_at: Time,
    ) -> Result<(), AppError> {
        use agreement_flows as t;
        diesel::update(t::table.find(id))
            .set((t::state.eq(state), t::failure.eq(failure), t::due_at.eq(due_at), t::attempts.eq(0)))
            .execute(conn)?;
        Ok(())
    }
}

/// Takes a genuine callback: once for each message, it makes its flow due now.
pub fn hear(conn: &mut DbConn, callback: &Callback, now: Time) -> Result<(), AppError> {
    use {agreement_flows as f, ess_callbacks as t};
    let row = (
        t::msg_id.eq(callback.msg_id.chars().take(200).collect::<String>()),
        t::flow_id.eq(callback.flow_id().map(str::to_owned)),
        t::received_at.eq(now),
    );
    let fresh = Both(diesel::insert_into(t::table).values(row).on_conflict_do_nothing()).execute(conn)?;
    if let (1, Some(flow)) = (fresh, callback.flow_id()) {
        let open = f::table.filter(f::flow_id.eq(flow)).filter(f::state.eq(FlowState::Open));
        diesel::update(open).set(f::due_at.eq(now)).execute(conn)?;
    }
    Ok(())
}

/// Begins, follows and calls off the flows that are due; safe on several instances at once.
pub async fn follow_flows(app: App) -> Result<(), AppError> {
    if !service::offered(&app).into_iter().any(SigningProvider::is_outside) {
        return Ok(());
    }
    let now = app.now();
    for flow in app.db.write(move |conn| Flow::claim(conn, now)).await? {
        let id = flow.agreement_id.clone();
        let whole = app.read(move |conn| Whole::find(conn, &id)).await?;
        let done = match (service::of(&app, whole.agreement.provider), &flow.flow_id) {
            (None, _) => Ok(Err("the signing service is not set up any more".to_owned())),
            (Some(service), there) => move_flow(&app, service, &flow, there.as_deref(), &whole).await,
        }?;
        if let Err(failure) = done {
            tracing::warn!(agreement = %flow.agreement_id, failure, "the signing service could not be reached or refused");
            let now = app.now();
            app.db.write(move |conn| flow.put_off(conn, &failure, now)).await?;
        }
    }
    Ok(())
}

/// What the service did not do, in words without personal data.
type Attempt = Result<Result<(), String>, AppError>;

async fn move_flow(
    app: &App,
    service: &dyn SigningService,
    flow: &Flow,
    there: Option<&str>,
    whole: &Whole,
) -> Attempt {
    match (there, whole.agreement.state) {
        (None, AgreementState::Signing) => begin(app, service, flow, whole).await,
        (Some(there), AgreementState::Signing) => follow(app, service, there, whole).await,
        (Some(there), state) => call_off(app, service, there, whole, state).await,
        (None, _) => end(app, &flow.agreement_id).await.map(Ok),
    }
}

async fn begin(app: &App, service: &dyn SigningService, flow: &Flow, whole: &Whole) -> Attempt {
    let Some(order) = rules::order(&whole.steps()) else {
        return Ok(Err("the service cannot be told this order of signers".to_owned()));
    };
    let file = sealing::bytes(app, whole.head()?.0.clone()).await?;
    let (signers, number) = (signers(app, whole).await?, whole.agreement.number.clone());
    let uploaded = match service.upload(&format!("{number}.pdf"), &file, app.now().utc()).await {
        Ok(uploaded) => uploaded,
        Err(fault) => return Ok(Err(fault.to_string())),
    };
    let title = format!("{} {number}", whole.template.name);
    let plan = FlowPlan {
        title: &title,
        file: &uploaded,
        signers: &signers,
        order,
        until: whole.agreement.expires_at,
        ours: whole.agreement.id.as_str(),
    };
    let begun = service.begin(&plan, app.now().utc()).await;
    let (id, provider, now) = (flow.agreement_id.clone(), service.provider(), app.now());
    match begun {
        Ok(there) => app
            .db
            .write(move |conn| {
                use agreement_flows as t;
                diesel::update(t::table.find(&id)).set(t::flow_id.eq(Some(&there))).execute(conn)?;
                Flow::move_to(conn, &id, FlowState::Open, None, now.plus(LOOKED_AT))?;
                let payload = json!({"provider": provider, "flow_id": there});
                Evidence::append(conn, &id, By::HOUSE, EvidenceAction::FlowBegun, &payload, now)?;
                Ok(())
            })
            .await
            .map(Ok),
        // A second flow would ask everybody to sign twice: a person looks first.
        Err(fault) if fault.is_unclear() => {
            let (why, whole) = (fault.to_string(), whole.clone());
            app.db
                .write(move |conn| {
                    Flow::move_to(conn, &id, FlowState::Unknown, Some(&why), now)?;
                    agreement::tell_office(
                        conn,
                        &whole,
                        "电子签流程回执不明，请核对后重新发起",
                        "It is unclear whether the flow began; check it and start again",
                        now,
                    )
                })
                .await
                .map(Ok)
        }
        Err(fault) => Ok(Err(fault.to_string())),
    }
}

/// Who signs, first who signs first.
async fn signers(app: &App, whole: &Whole) -> Result<Vec<OutsideSigner>, AppError> {
    let mut parties = whole.parties.clone();
    parties.sort_by_key(|party| (party.step, party.seq));
    app.read(move |conn| {
        let one = |party: &agreement::Party| {
            let phone = Account::find(conn, &party.account_id)?.phone;
            Ok(OutsideSigner { name: party.signer_name.clone(), phone })
        };
        parties.iter().map(one).collect()
    })
    .await
}

async fn follow(app: &App, service: &dyn SigningService, there: &str, whole: &Whole) -> Attempt {
    let seen = match service.look(there, app.now().utc()).await {
        Ok(seen) => seen,
        Err(fault) => return Ok(Err(fault.to_string())),
    };
    let mut made = None;
    if seen.standing == FlowStanding::Signed {
        let file = match service.fetch(there, app.now().utc()).await {
            Ok(file) if file.len() <= LARGEST => file,
            Ok(_) => return Ok(Err("the signed file is too large".to_owned())),
            Err(fault) => return Ok(Err(fault.to_string())),
        };
        let check = OutsideCheck::make(app, whole, &file).await?;
        if !check.finding.is_taken() {
            return leave_file(app, whole, there, seen, check).await;
        }
        made = Some((sealing::keep_outside(app, whole, file).await?, check));
    }
    let (id, there, now) = (whole.agreement.id.clone(), there.to_owned(), app.now());
    app.db
        .write(move |conn| {
            if let Some((made, _)) = &made {
                made.stored.insert(conn)?;
            }
            let sealed = made.as_ref().map(|(made, check)| (&made.sealed, check));
            agreement::follow_outside(conn, &id, &there, &seen, sealed, now)?;
            match seen.standing {
                FlowStanding::Open => Flow::move_to(conn, &id, FlowState::Open, None, now.plus(LOOKED_AT)),
                _ => Flow::move_to(conn, &id, FlowState::Ended, None, now),
            }
        })
        .await
        .map(Ok)
}

/// All have signed there, and the file that came is not the signed agreement: it is not taken, the office is told once,
/// and the service is asked for the file again.
async fn leave_file(app: &App, whole: &Whole, there: &str, seen: FlowSeen, check: OutsideCheck) -> Attempt {
    let why = check.finding.en().to_owned();
    let (whole, there, now) = (whole.clone(), there.to_owned(), app.now());
    app.db
        .write(move |conn| {
            let id = &whole.agreement.id;
            agreement::follow_outside(conn, id, &there, &seen, None, now)?;
            let before = OutsideCheck::newest(&Evidence::all(conn, id)?);
            if before.is_some_and(|before| before.finding == check.finding) {
                return Ok(());
            }
            check.keep(conn, id, now)?;
            let provider = whole.agreement.provider;
            agreement::tell_office(
                conn,
                &whole,
                &format!("{}送回的签署文件未被采用：{}", provider.zh(), check.finding.zh()),
                &format!("The signed file from {} was not taken: {}", provider.en(), check.finding.en()),
                now,
            )
        })
        .await?;
    Ok(Err(why))
}

/// The agreement ended here first: nobody may sign there any more.
async fn call_off(
    app: &App,
    service: &dyn SigningService,
    there: &str,
    whole: &Whole,
    state: AgreementState,
) -> Attempt {
    let reason = whole.agreement.reason.clone().unwrap_or_else(|| state.zh().to_owned());
    match service.call_off(there, &reason, app.now().utc()).await {
        Ok(()) => end(app, &whole.agreement.id).await.map(Ok),
        Err(fault) => match service.look(there, app.now().utc()).await {
            // It had ended there already.
            Ok(seen) if seen.standing != FlowStanding::Open => end(app, &whole.agreement.id).await.map(Ok),
            _ => Ok(Err(fault.to_string())),
        },
    }
}

async fn end(app: &App, id: &AgreementId) -> Result<(), AppError> {
    let (id, now) = (id.clone(), app.now());
    app.db.write(move |conn| Flow::move_to(conn, &id, FlowState::Ended, None, now)).await
}

/// The flow of an agreement that is being signed there.
pub fn open_flow(conn: &mut DbConn, id: &AgreementId) -> Result<String, AppError> {
    let flow = Flow::of(conn, id)?.filter(|flow| flow.state == FlowState::Open);
    flow.and_then(|flow| flow.flow_id).ok_or(AppError::Conflict(&NOT_BEGUN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_to_an_hour() {
        assert_eq!(wait_after(0), Duration::seconds(30));
        assert_eq!(wait_after(3), Duration::minutes(4));
        assert_eq!(wait_after(i32::MAX), LONGEST_WAIT);
    }
}
