//! Signing in and out, over HTTP. Nothing here is replayed by key: answers hold secrets.
mod mail;
mod name_check;

use actix_web::{HttpResponse, delete, get, post, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::error::{AppError, Code};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::audit::{Entry, EntryId, Outcome};
use crate::people::auth::account::{self, Account, AccountId, AccountState, NewAccount};
use crate::people::auth::actor::Circumstances;
use crate::people::auth::code::{self, CodePurpose, OneTimeCode};
use crate::people::auth::session::{self, ACCESS_SECONDS, Rotation, Session, SessionId};
use crate::people::auth::{Actor, Role, identity, permission, totp};
use crate::people::units;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Phone};
use crate::platform::masked;
use crate::platform::web::Json;
use crate::platform::wechat::{RefusalKind, WechatError};
use crate::schema::auth_accounts;

const SIGN_IN_FAILED: Code = Code::new(
    "auth.sign_in_failed",
    "登录名、密码或动态码不正确",
    "The login, password or one-time password is wrong",
);
const STAFF_ROAD: Code = Code::new(
    "auth.staff_need_two_factors",
    "工作人员请用密码和动态码登录",
    "Staff sign in with a password and a one-time password",
);
const WECHAT_OFF: Code = Code::new(
    "auth.wechat_unavailable",
    "微信登录暂不可用，请改用手机验证码",
    "WeChat sign-in is not available now; use a code by phone",
);
const WECHAT_REFUSED: Code = Code::new(
    "auth.wechat_refused",
    "微信授权已失效，请重试",
    "The WeChat authorisation is no longer valid; try again",
);
const ACTIVATION_WRONG: Code = Code::new(
    "auth.activation_wrong",
    "激活码不正确或已过期，请联系管理员",
    "The activation code is wrong or has expired; ask an administrator",
);
const PASSWORD_WEAK: Code = Code::new(
    "auth.password_weak",
    "密码至少 12 位，含字母和数字，且不含常见词",
    "At least 12 characters with letters and digits, and no common word",
);

/// WeChat's own is below 1000 bytes.
const LONGEST_PROFILE: usize = 4_096;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(ask_code)
        .service(create_session)
        .service(create_refresh)
        .service(create_activation)
        .service(show_me)
        .service(list_sessions)
        .service(delete_session)
        .configure(mail::routes)
        .configure(name_check::routes);
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskCode {
    phone: Phone,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CodeAsked {
    expires_at: Time,
    resend_after_seconds: i64,
}

/// Send a one-time code to a phone
#[utoipa::path(tag = "auth", operation_id = "ask_code", request_body = AskCode, responses((status = 202, body = CodeAsked), WriteErrors), security(()))]
#[post("/auth/codes")]
pub(super) async fn ask_code(app: App, body: Json<AskCode>) -> Result<HttpResponse, AppError> {
    let (phone, now, house) = (body.value.phone, app.now(), app.clone());
    let made = app
        .db
        .write(move |conn| OneTimeCode::make(&house, conn, phone.as_str(), CodePurpose::SignIn, "", now))
        .await?;
    made.send(&app).await?;
    Ok(HttpResponse::Accepted()
        .json(CodeAsked { expires_at: made.expires_at, resend_after_seconds: OneTimeCode::PAUSE_SECONDS }))
}

/// The roads by which one signs in.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum SignIn {
    /// Investors and consultants in a browser
    PhoneCode {
        phone: Phone,
        #[schema(value_type = String, min_length = 6, max_length = 6, pattern = "^[0-9]{6}$")]
        code: Line<6>,
    },
    /// Staff: password and one-time password (RFC 6238)
    Password {
        login: Line<64>,
        password: Line<128>,
        #[schema(value_type = String, min_length = 6, max_length = 6, pattern = "^[0-9]{6}$")]
        totp: Line<6>,
    },
    /// Inside WeChat: the code of wx.login and the code of the phone-number button
    Wechat { login_code: Line<256>, phone_code: Line<256> },
    /// Inside an old WeChat (base library before 2.21.2), whose button hands over the number encrypted; the login code comes before the tap
    WechatEncrypted {
        login_code: Line<256>,
        encrypted_data: Line<2048>,
        #[schema(value_type = String, min_length = 24, max_length = 24)]
        iv: Line<24>,
        profile: Option<SignedProfile>,
    },
}

/// What WeChat said of the person beside it, signed by the same session; nothing of it is kept.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedProfile {
    /// Byte for byte as it came: it is what was signed
    #[schema(max_length = 4096)]
    raw_data: String,
    #[schema(value_type = String, min_length = 40, max_length = 40)]
    signature: Line<40>,
}

/// What proves a phone inside WeChat.
enum PhoneProof {
    Code(Line<256>),
    Encrypted { data: Line<2048>, iv: Line<24>, profile: Option<SignedProfile> },
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MeView {
    person_id: AccountId,
    name: String,
    phone_masked: String,
    unit_id: Option<String>,
    unit_name: Option<String>,
    unit_name_en: Option<String>,
    roles: Vec<Role>,
    /// Operation ids that this person may use
    operations: Vec<&'static str>,
    demo: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Tokens {
    access_token: String,
    /// Seconds
    expires_in: i64,
    refresh_token: String,
    refresh_expires_at: Time,
    me: MeView,
}

/// Sign in
#[utoipa::path(tag = "auth", operation_id = "create_session", request_body = SignIn, responses((status = 201, body = Tokens), WriteErrors), security(()))]
#[post("/auth/sessions")]
pub(super) async fn create_session(
    app: App,
    circumstances: Circumstances,
    body: Json<SignIn>,
) -> Result<HttpResponse, AppError> {
    let tokens = match body.value {
        SignIn::PhoneCode { phone, code } => by_code(&app, circumstances, phone, code).await?,
        SignIn::Password { login, password, totp } => {
            by_password(&app, circumstances, login, password, totp).await?
        }
        SignIn::Wechat { login_code, phone_code } => {
            by_wechat(&app, circumstances, login_code, PhoneProof::Code(phone_code)).await?
        }
        SignIn::WechatEncrypted { login_code, encrypted_data: data, iv, profile } => {
            if profile.as_ref().is_some_and(|it| it.raw_data.len() > LONGEST_PROFILE) {
                return Err(AppError::field("profile.raw_data", "input.too_long"));
            }
            by_wechat(&app, circumstances, login_code, PhoneProof::Encrypted { data, iv, profile }).await?
        }
    };
    Ok(HttpResponse::Created().json(tokens))
}

async fn by_code(app: &App, seen: Circumstances, phone: Phone, code: Line<6>) -> Result<Tokens, AppError> {
    let (house, now) = (app.clone(), app.now());
    // A wrong code is counted, so it must commit: the refusal is the value, not the error.
    app.db
        .write(move |conn| {
            let (phone, digits) = (phone.as_str(), code.as_str());
            if !OneTimeCode::redeem(&house, conn, phone, CodePurpose::SignIn, "", digits, now)? {
                return Ok(Err(AppError::Unauthorized(&code::WRONG)));
            }
            let account = find_or_welcome(conn, phone, now)?;
            admit(&house, conn, &account, &seen, now, false)
        })
        .await?
}

/// The account of a proven phone; a stranger becomes an investor.
fn find_or_welcome(conn: &mut DbConn, phone: &str, now: Time) -> Result<Account, AppError> {
    if let Some(account) = Account::by_phone(conn, phone)? {
        return Ok(account);
    }
    let tail: String = phone.chars().skip(7).collect();
    let new = NewAccount { name: format!("客商{tail}"), phone: phone.to_owned(), ..NewAccount::default() };
    let account = Account::new(&new, AccountState::Active, now);
    account.insert(conn, &[Role::Investor])?;
    Ok(account)
}

/// Starts the session, unless the account may not have one by this road.
fn admit(
    app: &App,
    conn: &mut DbConn,
    account: &Account,
    seen: &Circumstances,
    now: Time,
    two_factors: bool,
) -> Result<Result<Tokens, AppError>, AppError> {
    let roles = account::roles_of(conn, &account.id)?;
    if account.state != AccountState::Active {
        return Ok(Err(AppError::Unauthorized(&SIGN_IN_FAILED)));
    }
    if !two_factors && roles.iter().any(|role| role.is_staff()) {
        return Ok(Err(AppError::Unauthorized(&STAFF_ROAD)));
    }
    let (session, refresh) = Session::start(app, conn, &account.id, &seen.user_agent, now)?;
    record(conn, Some(account), seen, Outcome::Done, now)?;
    tokens(app, conn, account, roles, &session, refresh, now).map(Ok)
}

fn record(
    conn: &mut DbConn,
    account: Option<&Account>,
    seen: &Circumstances,
    outcome: Outcome,
    now: Time,
) -> Result<(), AppError> {
    Entry {
        id: EntryId::fresh(),
        at: now,
        actor_id: account.map(|a| a.id.to_string()),
        actor_name: account.map(|a| a.name.clone()),
        operation: seen.operation.to_owned(),
        subject: None,
        outcome,
        request_id: seen.request_id.clone(),
        address: seen.address.clone(),
        detail: None,
    }
    .write(conn)
}

async fn by_password(
    app: &App,
    seen: Circumstances,
    login: Line<64>,
    password: Line<128>,
    totp: Line<6>,
) -> Result<Tokens, AppError> {
    let now = app.now();
    let wanted = login.as_str().to_lowercase();
    let account = app.read(move |conn| Account::by_login(conn, &wanted)).await?;
    if let Some(account) = &account {
        account.refuse_resting(now)?;
    }
    let hash = account.as_ref().and_then(|a| a.password_hash.clone());
    // Argon2 takes a while on purpose: not on a thread that answers others.
    let fits = web::block(move || account::password_fits(hash.as_deref(), password.as_str())).await;
    let fits = fits.map_err(AppError::internal)?;
    let house = app.clone();
    app.db
        .write(move |conn| {
            let Some(account) = &account else { return Ok(Err(AppError::Unauthorized(&SIGN_IN_FAILED))) };
            let passed = match account.totp_step(totp.as_str(), now) {
                Some(step) if fits && account.state == AccountState::Active => {
                    account.use_totp_step(conn, step)?
                }
                _ => false,
            };
            if !passed {
                account.count_failure(conn, now)?;
                record(conn, Some(account), &seen, Outcome::Refused, now)?;
                return Ok(Err(AppError::Unauthorized(&SIGN_IN_FAILED)));
            }
            admit(&house, conn, account, &seen, now, true)
        })
        .await?
}

async fn by_wechat(
    app: &App,
    seen: Circumstances,
    login_code: Line<256>,
    proof: PhoneProof,
) -> Result<Tokens, AppError> {
    let wechat = app.wechat.as_ref().ok_or(AppError::Outside(&WECHAT_OFF))?;
    let refused = |e: WechatError| {
        tracing::warn!(error = %e, "WeChat sign-in failed");
        // Nor can the person mend our settings.
        let ours = matches!(e, WechatError::Outgoing(_)) || e.refused_as(RefusalKind::Configuration);
        if ours || e.is_passing() {
            AppError::Outside(&WECHAT_OFF)
        } else {
            AppError::Unauthorized(&WECHAT_REFUSED)
        }
    };
    let now = app.now();
    let identity = wechat.login(login_code.as_str()).await.map_err(refused)?;
    let phone = match &proof {
        PhoneProof::Code(code) => wechat.phone(code.as_str(), &identity.openid, now.utc()).await,
        PhoneProof::Encrypted { data, iv, profile } => {
            let signed = profile.as_ref().is_none_or(|profile| {
                identity.session_key.has_signed(&profile.raw_data, profile.signature.as_str())
            });
            if signed {
                wechat.phone_within(&identity.session_key, data.as_str(), iv.as_str(), now.utc())
            } else {
                Err(WechatError::OtherSession)
            }
        }
    };
    let phone = phone.map_err(refused)?;
    let phone = Phone::parse(&phone.number).map_err(|_| AppError::Unauthorized(&WECHAT_REFUSED))?;
    let app_id = app.config.wechat_app_id.clone().unwrap_or_default();
    let session_key = identity.session_key.expose_text().to_owned();
    let (house, open_id) = (app.clone(), identity.openid);
    app.db
        .write(move |conn| {
            if let PhoneProof::Encrypted { data, .. } = &proof {
                identity::take_phone(conn, data.as_str(), &WECHAT_REFUSED, now)?;
            }
            let account = find_or_welcome(conn, phone.as_str(), now)?;
            identity::bind(conn, &app_id, &open_id, &account.id, &session_key, now)?;
            admit(&house, conn, &account, &seen, now, false)
        })
        .await?
}

fn tokens(
    app: &App,
    conn: &mut DbConn,
    account: &Account,
    roles: Vec<Role>,
    session: &Session,
    refresh_token: String,
    now: Time,
) -> Result<Tokens, AppError> {
    let access_token = app
        .keys
        .issue(account.id.as_str(), session.id.as_str(), now, ACCESS_SECONDS)
        .ok_or_else(|| AppError::internal("cannot sign a token"))?;
    Ok(Tokens {
        access_token,
        expires_in: ACCESS_SECONDS,
        refresh_token,
        refresh_expires_at: session.expires_at,
        me: me(conn, account, roles)?,
    })
}

fn me(conn: &mut DbConn, account: &Account, roles: Vec<Role>) -> Result<MeView, AppError> {
    let unit = match &account.unit_id {
        Some(unit) => units::Unit::find(conn, unit)?,
        None => None,
    };
    let mut operations: Vec<&'static str> = permission::rules()
        .keys()
        .copied()
        .filter(|operation| permission::grant(operation, Some((&roles, account.state))).is_some())
        .collect();
    operations.sort_unstable();
    Ok(MeView {
        person_id: account.id.clone(),
        name: account.name.clone(),
        phone_masked: masked::phone(&account.phone),
        unit_id: account.unit_id.clone(),
        unit_name: unit.as_ref().map(|u| u.short_name.clone()),
        unit_name_en: unit.map(|u| u.name_en),
        roles,
        operations,
        demo: account.demo,
    })
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    refresh_token: Line<64>,
}

/// Exchange a refresh token; each works once
#[utoipa::path(tag = "auth", operation_id = "create_refresh", request_body = Refresh, responses((status = 201, body = Tokens), WriteErrors), security(()))]
#[post("/auth/refreshes")]
pub(super) async fn create_refresh(app: App, body: Json<Refresh>) -> Result<HttpResponse, AppError> {
    let (house, now) = (app.clone(), app.now());
    let tokens = app
        .db
        .write(move |conn| match Session::rotate(&house, conn, body.value.refresh_token.as_str(), now)? {
            // The session was ended by this: that must commit, so the refusal is the value.
            Rotation::Reused => Ok(Err(AppError::Unauthorized(&session::REFRESH_REUSED))),
            Rotation::Unknown => Ok(Err(AppError::Unauthorized(&session::ENDED))),
            Rotation::Fresh { session, refresh_token } => {
                let account = Account::find(conn, &session.account_id)?;
                if account.state != AccountState::Active {
                    return Ok(Err(AppError::Unauthorized(&session::ENDED)));
                }
                let roles = account::roles_of(conn, &account.id)?;
                tokens(&house, conn, &account, roles, &session, refresh_token, now).map(Ok)
            }
        })
        .await??;
    Ok(HttpResponse::Created().json(tokens))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Activate {
    activation_code: Line<64>,
    #[schema(value_type = String, min_length = 12, max_length = 128)]
    password: Line<128>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Activated {
    totp_secret: String,
    otpauth_url: String,
}

/// Set the password of an invited account; gives the second factor once
#[utoipa::path(tag = "auth", operation_id = "create_activation", request_body = Activate, responses((status = 201, body = Activated), WriteErrors), security(()))]
#[post("/auth/activations")]
pub(super) async fn create_activation(app: App, body: Json<Activate>) -> Result<HttpResponse, AppError> {
    let Activate { activation_code, password } = body.value;
    if is_weak(password.as_str()) {
        return Err(AppError::Unprocessable(&PASSWORD_WEAK));
    }
    let hash =
        web::block(move || account::hash_password(password.as_str())).await.map_err(AppError::internal)??;
    let (now, code_hash) = (app.now(), app.keys.hash(&["activation", activation_code.as_str()]));
    let activated = app
        .db
        .write(move |conn| {
            use auth_accounts as t;
            let invited = t::table
                .filter(t::activation_hash.eq(&code_hash))
                .filter(t::activation_expires_at.gt(now))
                .filter(t::state.eq(AccountState::Invited));
            let account: Account =
                invited.first(conn).optional()?.ok_or(AppError::Unauthorized(&ACTIVATION_WRONG))?;
            let secret = totp::fresh_secret();
            diesel::update(t::table.find(&account.id))
                .set((
                    t::password_hash.eq(Some(&hash)),
                    t::totp_secret.eq(Some(&secret)),
                    t::state.eq(AccountState::Active),
                    t::activation_hash.eq(None::<String>),
                    t::activation_expires_at.eq(None::<Time>),
                ))
                .execute(conn)?;
            let address = totp::address(&secret, account.login.as_deref().unwrap_or("palm"));
            Ok(Activated { totp_secret: secret, otpauth_url: address })
        })
        .await?;
    Ok(HttpResponse::Created().json(activated))
}

/// GB/T 22239-2019, 8.1.4.1 a) asks for complexity; the list holds what is guessed first.
fn is_weak(password: &str) -> bool {
    let lower = password.to_lowercase();
    password.chars().count() < 12
        || !password.chars().any(|c| c.is_ascii_digit())
        || !password.chars().any(char::is_alphabetic)
        || ["password", "qwerty", "123456", "yiyang", "zhaoshang", "admin", "abc123"]
            .iter()
            .any(|w| lower.contains(w))
}

/// Who am I, and what may I do
#[utoipa::path(tag = "auth", operation_id = "show_me", responses((status = 200, body = MeView), ReadErrors))]
#[get("/auth/me")]
pub(super) async fn show_me(app: App, actor: Actor) -> Result<web::Json<MeView>, AppError> {
    let view = app
        .read(move |conn| {
            let account = Account::find(conn, &actor.id)?;
            me(conn, &account, actor.roles)
        })
        .await?;
    Ok(web::Json(view))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    id: SessionId,
    created_at: Time,
    last_used_at: Time,
    user_agent: String,
    current: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SessionList {
    items: Vec<SessionView>,
}

/// Where I am signed in
#[utoipa::path(tag = "auth", operation_id = "list_sessions", responses((status = 200, body = SessionList), ReadErrors))]
#[get("/auth/sessions")]
pub(super) async fn list_sessions(app: App, actor: Actor) -> Result<web::Json<SessionList>, AppError> {
    let now = app.now();
    let current = actor.session.clone();
    let sessions = app.read(move |conn| Session::live(conn, &actor.id, now)).await?;
    let view = |s: Session| SessionView {
        current: s.id == current,
        id: s.id,
        created_at: s.created_at,
        last_used_at: s.last_used_at,
        user_agent: s.user_agent,
    };
    Ok(web::Json(SessionList { items: sessions.into_iter().map(view).collect() }))
}

/// Sign out here (`current`) or elsewhere; holds at once on every instance
#[utoipa::path(tag = "auth", operation_id = "delete_session", params(("id" = String, Path, description = "a session id, or `current`", max_length = 36)), responses((status = 204), ReadErrors))]
#[delete("/auth/sessions/{id}")]
pub(super) async fn delete_session(
    app: App,
    actor: Actor,
    circumstances: Circumstances,
    path: web::Path<String>,
) -> Result<HttpResponse, AppError> {
    let id = match path.as_str() {
        "current" => actor.session.clone(),
        id => id.parse().map_err(|_| AppError::NotFound)?,
    };
    let now = app.now();
    app.db
        .write(move |conn| {
            if !Session::end(conn, &actor.id, &id, now)? {
                return Err(AppError::NotFound);
            }
            let account = Account::find(conn, &actor.id)?;
            record(conn, Some(&account), &circumstances, Outcome::Done, now)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
