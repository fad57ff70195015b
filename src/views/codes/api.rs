//! Codes and links, over HTTP.
use std::convert::Infallible;

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::error::{AppError, Code, TOO_MANY};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::platform::input::Line;
use crate::platform::published;
use crate::platform::rate_limit::Limiter;
use crate::platform::web::Json;
use crate::platform::wechat::{CodeVersion, PageCode, PageLink, PagePath, WechatError};
use crate::views::codes::kind::CodeKind;
use crate::views::codes::link::{Opened, address};

/// Pixels; fine enough for a poster, small enough for a phone.
const WIDTH: u16 = 430;
const MOST_ID: usize = 80;
const AWAY: Code = Code::new(
    "code.away",
    "微信暂时画不出小程序码，请改用网页二维码",
    "WeChat cannot draw the code now; use the code for browsers instead",
);

/// WeChat draws 5000 a minute for all instances together; whoever walks through every id is not to use them up.
struct Brake(Limiter);

impl Default for Brake {
    fn default() -> Self {
        Self(Limiter::per_minute(600))
    }
}

impl Brake {
    fn check(&self) -> Result<(), AppError> {
        self.0.check("all").map_err(|retry_after| AppError::TooMany { code: &TOO_MANY, retry_after })
    }
}

pub fn routes(config: &mut ServiceConfig) {
    config.service(draw_page_code).service(make_page_link);
}

/// The mini-program's code of a thing that anybody may open, as PNG or JPEG; 404 also where there is no mini-program
#[utoipa::path(tag = "wechat", operation_id = "draw_page_code", params(("kind" = CodeKind, Path), ("id" = String, Path, max_length = 80, description = "As in the thing's own address; of a receipt its sequence")), responses((status = 200, content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"))), ReadErrors), security(()))]
#[get("/wechat/codes/{kind}/{id}")]
pub(super) async fn draw_page_code(
    app: App,
    request: HttpRequest,
    path: web::Path<(CodeKind, String)>,
) -> Result<HttpResponse, AppError> {
    let (kind, id) = path.into_inner();
    let Some(wechat) = &app.wechat else { return Err(AppError::NotFound) };
    if id.len() > MOST_ID {
        return Err(AppError::NotFound);
    }
    let scene = app.read(move |conn| kind.scene(conn, &id)).await?;
    let key = format!("wechat:code:{}:{kind}:{}", wechat.appid(), scene.as_str());
    let page = PagePath::new(kind.page()).map_err(AppError::internal)?;
    let code = PageCode { page, scene, width: WIDTH, version: CodeVersion::Release, check_path: true };
    // A picture lasts; that there is none is remembered for moments, so that a door at which everybody may knock
    // does not knock at WeChat's each time.
    let kept = app.cache.near(&key, async {
        let draw = async {
            app.shelf.get::<Brake>().check()?;
            let picture = wechat.page_code(&code).await.map_err(AppError::internal)?;
            Ok::<_, AppError>(Bytes::from(picture.bytes))
        };
        let drawn = app.cache.lasting(&key, draw).await;
        Ok::<_, Infallible>(drawn.unwrap_or_else(|error| {
            tracing::warn!(%error, %kind, "WeChat drew no code");
            Bytes::new()
        }))
    });
    let picture = kept.await.unwrap_or_default();
    if picture.is_empty() {
        return Err(AppError::Outside(&AWAY));
    }
    let media_type = if picture.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
    Ok(published::answer(&request, media_type, picture))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakePageLink {
    /// A page of the mini-program, such as `packages/leads/confirm/index`
    #[schema(value_type = String, min_length = 1, max_length = 128)]
    page: Line<128>,
    /// What the page is given, encoded as in an address, without `?`
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1024)]
    query: Option<Line<1024>>,
    /// How long it opens the mini-program
    #[schema(minimum = 1, maximum = 30)]
    days: u8,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PageLinkView {
    link: String,
    /// Whether it opens the mini-program; otherwise it opens the page in a browser
    mini_program: bool,
}

/// Make a link to a page for a text message: it opens the mini-program where WeChat gives one, else a browser
#[utoipa::path(tag = "wechat", operation_id = "make_page_link", request_body = MakePageLink, responses((status = 201, body = PageLinkView), WriteErrors))]
#[post("/wechat/links")]
pub(super) async fn make_page_link(app: App, body: Json<MakePageLink>) -> Result<HttpResponse, AppError> {
    let wish = body.value;
    let query = wish.query.as_ref().map_or("", Line::as_str);
    let link = PagePath::new(wish.page.as_str())
        .and_then(|page| PageLink::new(page, query, wish.days, CodeVersion::Release))
        .map_err(unfit)?;
    let made = address(&app, &link).await;
    let mini_program = matches!(made, Opened::MiniProgram(_));
    Ok(HttpResponse::Created().json(PageLinkView { link: made.into_link(), mini_program }))
}

fn unfit(e: WechatError) -> AppError {
    match e {
        WechatError::Unfit(field @ "query") => AppError::field(field, "input.forbidden_character"),
        WechatError::Unfit(field @ "days") => AppError::field(field, "input.range"),
        WechatError::Unfit(field) => AppError::field(field, "input.choice"),
        other => AppError::internal(other),
    }
}
