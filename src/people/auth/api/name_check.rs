//! Having one's name confirmed by WeChat, over HTTP; offered only where the mini-program is admitted to it.
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, post, web};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::error::{AppError, Code};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::name_check::{NameCheck, NameCheckId, NameCheckState};
use crate::people::auth::{Act, Actor, identity};
use crate::platform::clock::Time;
use crate::platform::input::Line;
use crate::platform::web::Json;
use crate::platform::wechat::{FaceCheck, FaceVerdict, IdentityCard, Refusal, Wechat, WechatError};

const AWAY: Code = Code::new(
    "name_check.away",
    "微信核验服务暂不可用，请稍后再试；不核验也不影响使用",
    "WeChat's check is not available now; try again later. Everything works without it",
);
const NOT_IN_WECHAT: Code = Code::new(
    "name_check.not_in_wechat",
    "请先在微信小程序中登录",
    "Sign in inside the WeChat mini-program first",
);
/// WeChat's numbers of refusals.
const NAME_UNFIT: i64 = 84_014;
const NUMBER_UNFIT: i64 = 84_015;
const OTHER_CARD: i64 = 84_018;
const TOO_LATE: i64 = 84_022;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(find_name_check)
        .service(begin_name_check)
        .service(end_name_check)
        .service(forget_name_check);
}

/// The number of a mainland identity card with its check character (GB 11643); neither kept nor shown.
#[derive(Debug, Clone)]
pub struct CardNumber(SecretString);

impl<'de> Deserialize<'de> for CardNumber {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?.trim().to_uppercase();
        if is_card_number(&text) {
            Ok(Self(text.into()))
        } else {
            Err(serde::de::Error::custom("input.id_card: not the number of an identity card"))
        }
    }
}

fn is_card_number(text: &str) -> bool {
    let Some((body, check)) = text.split_at_checked(17) else { return false };
    if !body.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    // Weights are powers of two modulo 11, from the right.
    let sum = body.bytes().fold(0, |sum, byte| (sum + usize::from(byte - b'0')) * 2 % 11);
    "10X98765432".chars().nth(sum).is_some_and(|due| check.chars().eq([due]))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginNameCheck {
    /// As the identity card has it
    name: Line<30>,
    #[schema(value_type = String, min_length = 18, max_length = 18, pattern = "^[0-9]{17}[0-9Xx]$")]
    card_number: CardNumber,
    /// The person agrees, for this alone, that WeChat compares their face and card
    consent: bool,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndNameCheck {
    /// Once more, because it is not kept
    #[schema(value_type = String, min_length = 18, max_length = 18, pattern = "^[0-9]{17}[0-9Xx]$")]
    card_number: CardNumber,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NameCheckView {
    id: NameCheckId,
    state: NameCheckState,
    /// Empty once it has confirmed nothing
    name: String,
    /// For `wx.requestFacialVerify`, while it is under way
    verify_id: Option<String>,
    expires_at: Time,
    ended_at: Option<Time>,
}

/// Whether a name can be confirmed here, and whether mine is.
#[derive(Debug, Serialize, ToSchema)]
pub struct NameCheckOffer {
    offered: bool,
    confirmed: Option<NameCheckView>,
}

fn view(check: NameCheck) -> NameCheckView {
    NameCheckView {
        expires_at: check.expires_at(),
        verify_id: Some(check.verify_id).filter(|_| check.state == NameCheckState::Open),
        id: check.id,
        state: check.state,
        name: check.name,
        ended_at: check.ended_at,
    }
}

fn service(app: &App) -> Result<&Wechat, AppError> {
    app.wechat.as_ref().filter(|_| app.config.wechat_face_check).ok_or(AppError::NotFound)
}

fn refused(error: WechatError) -> AppError {
    tracing::warn!(%error, "WeChat did not check a name");
    match error {
        WechatError::Refused(Refusal { code: NAME_UNFIT, .. }) => {
            AppError::field("name", "input.forbidden_character")
        }
        WechatError::Refused(Refusal { code: NUMBER_UNFIT | OTHER_CARD, .. }) => {
            AppError::field("card_number", "input.id_card")
        }
        _ => AppError::Outside(&AWAY),
    }
}

/// Whether I can have my name confirmed by WeChat, and whether it is; nothing depends on it
#[utoipa::path(tag = "auth", operation_id = "find_name_check", responses((status = 200, body = NameCheckOffer), ReadErrors))]
#[get("/auth/name-check")]
pub(super) async fn find_name_check(app: App, actor: Actor) -> Result<web::Json<NameCheckOffer>, AppError> {
    let offered = service(&app).is_ok();
    let passed = app.read(move |conn| NameCheck::passed(conn, &actor.id)).await?;
    Ok(web::Json(NameCheckOffer { offered, confirmed: passed.map(view) }))
}

/// Begin to have my name confirmed, by my own wish; the number goes to WeChat and is not kept
#[utoipa::path(tag = "auth", operation_id = "begin_name_check", request_body = BeginNameCheck, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = NameCheckView), WriteErrors))]
#[post("/auth/name-checks")]
pub(super) async fn begin_name_check(
    app: App,
    act: Act,
    body: Json<BeginNameCheck>,
) -> Result<HttpResponse, AppError> {
    let wechat = service(&app)?;
    let BeginNameCheck { name, card_number, consent } = body.value;
    if !consent {
        return Err(AppError::field("consent", "input.choice"));
    }
    // Keyed, so that what the table keeps of the request does not give the number away.
    let digest = app.keys.hash(&["name-check", &body.digest]);
    if let Some(answer) = act.earlier(&app, &digest).await? {
        return Ok(answer);
    }
    let (account, now, app_id) = (act.actor.id.clone(), app.now(), wechat.appid().to_owned());
    let open_id = app
        .read(move |conn| {
            NameCheck::may_begin(conn, &account, now)?;
            identity::open_id_of(conn, &app_id, &account)?.ok_or(AppError::Conflict(&NOT_IN_WECHAT))
        })
        .await?;
    let id = NameCheckId::fresh();
    let card = IdentityCard { name: name.into_string(), number: card_number.0 };
    let check = FaceCheck { sequence: &id.sequence(), open_id: &open_id, card: &card };
    let verify_id = wechat.begin_face_check(check).await.map_err(refused)?;
    let begun = NameCheck {
        id,
        account_id: act.actor.id.clone(),
        open_id,
        name: card.name,
        verify_id,
        state: NameCheckState::Open,
        begun_at: now,
        ended_at: None,
    };
    act.perform(&app, StatusCode::CREATED, &digest, move |tx| {
        NameCheck::may_begin(tx.conn, &tx.actor.id, tx.now)?;
        begun.insert(tx.conn)?;
        tx.subject("name-check", &begun.id);
        Ok(view(begun.clone()))
    })
    .await
}

/// Ask WeChat what came of my check; as long as it is under way nothing changes
#[utoipa::path(tag = "auth", operation_id = "end_name_check", request_body = EndNameCheck, params(("id" = NameCheckId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = NameCheckView), WriteErrors))]
#[post("/auth/name-checks/{id}/results")]
pub(super) async fn end_name_check(
    app: App,
    act: Act,
    id: web::Path<NameCheckId>,
    body: Json<EndNameCheck>,
) -> Result<HttpResponse, AppError> {
    let wechat = service(&app)?;
    let digest = app.keys.hash(&["name-check", &body.digest]);
    if let Some(answer) = act.earlier(&app, &digest).await? {
        return Ok(answer);
    }
    let (id, account) = (id.into_inner(), act.actor.id.clone());
    let check = app.read(move |conn| NameCheck::find(conn, &id, &account)).await?;
    let verdict = if check.state == NameCheckState::Open {
        let card = IdentityCard { name: check.name.clone(), number: body.value.card_number.0 };
        let asked = FaceCheck { sequence: &check.id.sequence(), open_id: &check.open_id, card: &card };
        match wechat.face_verdict(asked, &check.verify_id).await {
            Err(WechatError::Refused(Refusal { code: TOO_LATE, .. })) => FaceVerdict::Failed(TOO_LATE),
            answer => answer.map_err(refused)?,
        }
    } else {
        FaceVerdict::Open
    };
    act.perform(&app, StatusCode::OK, &digest, move |tx| {
        let mut check = NameCheck::find(tx.conn, &check.id, &tx.actor.id)?;
        let state = match verdict {
            FaceVerdict::Passed => NameCheckState::Passed,
            FaceVerdict::Failed(_) => NameCheckState::Failed,
            FaceVerdict::Open => NameCheckState::Open,
        };
        if check.state == NameCheckState::Open && state != NameCheckState::Open {
            check.end(tx.conn, state, tx.now)?;
        }
        if let FaceVerdict::Failed(number) = verdict {
            tx.detail(format!("WeChat's number {number}"));
        }
        tx.subject("name-check", &check.id);
        Ok(view(check))
    })
    .await
}

/// Take my consent back: the mark, the name and every check behind it are deleted
#[utoipa::path(tag = "auth", operation_id = "forget_name_check", params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 204), ReadErrors))]
#[delete("/auth/name-check")]
pub(super) async fn forget_name_check(app: App, act: Act) -> Result<HttpResponse, AppError> {
    act.perform(&app, StatusCode::NO_CONTENT, "", move |tx| {
        if NameCheck::forget(tx.conn, &tx.actor.id)? == 0 {
            return Err(AppError::NotFound);
        }
        Ok(())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::is_card_number;

    #[test]
    fn a_card_number_has_its_check_character() {
        // The first is GB 11643's own example; the others are computed by hand.
        for good in ["11010519491231002X", "440524188001010014", "310101199801011232"] {
            assert!(is_card_number(good), "{good}");
        }
        for bad in [
            "110105194912310021",
            "11010519491231002",
            "11010519491231002XX",
            "11010519491231002x",
            "１10105194912310",
            "",
        ] {
            assert!(!is_card_number(bad), "{bad}");
        }
    }
}
