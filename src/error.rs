//! Every refusal and failure, as RFC 9457 problem documents with stable codes in two languages.
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A stable error code with its sentence in Chinese and English; the sentence says what to do next.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    pub name: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
}

impl Code {
    pub const fn new(name: &'static str, zh: &'static str, en: &'static str) -> Self {
        Self { name, zh, en }
    }
}

macro_rules! codes {
    ($($(#[$meta:meta])* $ident:ident = $name:literal, $zh:literal, $en:literal;)+) => {
        $($(#[$meta])* pub const $ident: Code = Code::new($name, $zh, $en);)+
    };
}

codes! {
    INVALID = "request.invalid", "有内容不符合要求，请按提示改正后再提交", "Some content does not fit; correct it as shown and submit again";
    MALFORMED = "request.malformed", "请求格式有误，无法读取", "The request is malformed and could not be read";
    NOT_FOUND = "request.not_found", "没有这项内容，或您无权查看", "This does not exist, or you may not see it";
    METHOD = "request.method_not_allowed", "此地址不支持这种请求方法", "This address does not take this method";
    TOO_LARGE = "request.too_large", "提交的内容过大", "The content is too large";
    MEDIA_TYPE = "request.media_type", "不支持这种内容类型", "This content type is not taken";
    SIGN_IN = "auth.sign_in", "请先登录", "Please sign in first";
    FORBIDDEN = "auth.forbidden", "您的账号没有这项权限，如有需要请联系管理员", "Your account may not do this; ask an administrator if you need to";
    TOO_MANY = "request.too_many", "操作过于频繁，请稍后再试", "Too many requests; please wait a moment";
    UNAVAILABLE = "server.unavailable", "系统繁忙，结果尚不确定，请用同一操作重试", "The system is busy and the outcome is unknown; ask again with the same key";
    INTERNAL = "server.internal", "系统出错，已记录，请稍后重试", "Something went wrong on our side and was recorded; please try again later";
    CONFLICT = "request.conflict", "内容已被他人改动，请刷新后再试", "This was changed meanwhile; refresh and try again";
    NOT_GENUINE = "callback.not_genuine", "回调签名或密文不正确", "The callback is not signed or encrypted with the account's own keys";
    REFERENCE = "request.reference", "所引用的内容不存在", "What this refers to does not exist";
}

/// One variant per meaning. What one may not see is `NotFound`.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("invalid: {0:?}")]
    Invalid(Vec<FieldError>),
    #[error("malformed")]
    Malformed(&'static Code),
    #[error("unprocessable: {}", .0.name)]
    Unprocessable(&'static Code),
    #[error("unauthorized: {}", .0.name)]
    Unauthorized(&'static Code),
    #[error("forbidden: {}", .0.name)]
    Forbidden(&'static Code),
    #[error("not found")]
    NotFound,
    /// It was there for everybody and is no more.
    #[error("gone: {}", .0.name)]
    Gone(&'static Code),
    #[error("method not allowed")]
    Method { allow: String },
    #[error("conflict: {}", .0.name)]
    Conflict(&'static Code),
    #[error("too large")]
    TooLarge,
    #[error("unsupported media type")]
    MediaType,
    #[error("too many")]
    TooMany { code: &'static Code, retry_after: u64 },
    #[error("unavailable")]
    Unavailable,
    /// An outside service failed: nothing was done, ask again later.
    #[error("outside: {}", .0.name)]
    Outside(&'static Code),
    #[error("database: {0}")]
    Database(#[source] DieselError),
    #[error("internal: {0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Path of the field, such as `parties[0].name`
    pub field: String,
    pub code: String,
    pub detail: String,
    pub detail_en: String,
}

/// RFC 9457 problem document.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"type":"/problems/auth.sign_in","title":"Unauthorized","status":401,"code":"auth.sign_in","detail":"请先登录","detail_en":"Please sign in first","errors":[]}))]
pub struct Problem {
    /// Names the kind of problem
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// Stable, `noun.what`
    pub code: String,
    /// Chinese
    pub detail: String,
    /// English
    pub detail_en: String,
    pub errors: Vec<FieldError>,
    /// Seconds to wait before asking again
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl FieldError {
    pub fn new(field: impl Into<String>, code: &str) -> Self {
        let (detail, detail_en) = sentence(code);
        Self {
            field: field.into(),
            code: code.to_owned(),
            detail: detail.into(),
            detail_en: detail_en.into(),
        }
    }
}

fn sentence(code: &str) -> (&'static str, &'static str) {
    match code {
        "input.empty" => ("不能为空", "Must not be empty"),
        "input.too_long" => ("超过允许的长度", "Longer than allowed"),
        "input.forbidden_character" => ("含有不允许的字符", "Holds a character that is not allowed"),
        "input.mail" => ("请填写邮箱地址", "Must be a mail address"),
        "input.phone" => ("请填写 11 位大陆手机号", "Must be a mainland mobile number of 11 digits"),
        "input.credit_code" => (
            "统一社会信用代码有误，请核对校验位",
            "Not a unified social credit code; check its last character",
        ),
        "input.id_card" => (
            "身份证号码有误，请核对",
            "Not the number of an identity card, or not the one that it began with",
        ),
        "input.id" => ("不是有效的编号", "Not an id"),
        "input.time" => ("不是有效的时间", "Not a time"),
        "input.range" => ("超出允许的范围", "Out of the allowed range"),
        "input.choice" => ("不在可选范围内", "Not one of the choices"),
        "input.hours" => (
            "时段须以十五分钟为单位，至少可容一次洽谈，且互不重叠",
            "Hours must lie on the quarter of an hour, leave room for a talk, and not overlap",
        ),
        "input.cursor" => ("翻页标记无效，请从第一页重新开始", "Not a cursor; begin again at the first page"),
        "input.missing" => ("必填", "Required"),
        "input.unknown_field" => ("不认识的字段", "Unknown field"),
        "site.red_line_crossed" => (
            "红线不能自相交，至少三个拐点，且不重复",
            "A red line has three corners at least, none twice, and does not cross itself",
        ),
        "chain.link_twice" => {
            ("同一条产业链里环节名称不能重复", "Each link of a chain has a name of its own")
        }
        "chain.local_source" => (
            "请选择地图上的企业，或同时写明企业名称、来源和日期",
            "Choose an enterprise of the map, or give a name with its source and day",
        ),
        "batch.gone" => {
            ("已不在库中，或已并入其他记录", "No longer in the library, or merged into another record")
        }
        "batch.twice" => ("同一家企业选了两次", "The same enterprise twice"),
        "batch.already_courted" => ("本单位已在跟进", "Your unit courts it already"),
        "batch.not_courted" => ("本单位没有在跟进", "Your unit does not court it"),
        "terms.period" => ("失效日期不能早于生效日期", "Ends before it begins"),
        "terms.condition" => (
            "请按这类条件填写：投资额填下限，其余选择至少一项可选答案",
            "Fill in what this condition asks for: a least investment, or at least one of the known answers",
        ),
        "terms.tiers" => (
            "各档按投资额从低到高填写，标准不降低，比例在 0 到 100% 之间",
            "Tiers rise with the investment and never give less; shares lie between 0 and 100 percent",
        ),
        "page.slug" => ("只能用小写英文字母、数字和连字符", "Only lower-case letters, digits and hyphens"),
        "page.source_url" => {
            ("请填写以 https:// 或 http:// 开头的网址", "An address that begins with https:// or http://")
        }
        "page.documents_en" => (
            "英文材料与中文材料须一一对应，或全部留空",
            "As many documents in English as in Chinese, or none",
        ),
        "page.medium_unknown" => ("找不到这个文件，请重新上传", "This file is not there; upload it again"),
        "page.captions_of_picture" => ("只有影片可以有字幕", "Only a film has captions"),
        "page.terms_of_guide" => ("只有政策可以填写适用条件", "Only a policy has conditions"),
        "site.outside_city" => (
            "不在益阳市范围内，请核对经度、纬度和坐标系",
            "Outside the city; check longitude, latitude and datum",
        ),
        _ => ("不符合要求", "Does not fit"),
    }
}

impl AppError {
    /// One field is wrong; `code` is one of `input.…`.
    pub fn field(field: &str, code: &str) -> Self {
        Self::Invalid(vec![FieldError::new(field, code)])
    }
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }
    /// The code and sentences a client is shown.
    pub fn code(&self) -> &'static Code {
        match self {
            Self::Invalid(_) => &INVALID,
            Self::Malformed(code)
            | Self::Unprocessable(code)
            | Self::Unauthorized(code)
            | Self::Forbidden(code)
            | Self::Gone(code)
            | Self::Conflict(code)
            | Self::Outside(code)
            | Self::TooMany { code, .. } => code,
            Self::NotFound => &NOT_FOUND,
            Self::Method { .. } => &METHOD,
            Self::TooLarge => &TOO_LARGE,
            Self::MediaType => &MEDIA_TYPE,
            Self::Unavailable => &UNAVAILABLE,
            Self::Database(_) | Self::Internal(_) => &INTERNAL,
        }
    }
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany { retry_after, .. } => Some(*retry_after),
            Self::Unavailable => Some(1),
            Self::Outside(_) => Some(5),
            _ => None,
        }
    }
}

impl From<DieselError> for AppError {
    fn from(e: DieselError) -> Self {
        match e {
            DieselError::NotFound => Self::NotFound,
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Conflict(&CONFLICT),
            DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
                Self::Unprocessable(&REFERENCE)
            }
            e => Self::Database(e),
        }
    }
}

impl From<std::io::Error> for AppError {
    fn from(e: std::io::Error) -> Self {
        Self::internal(e)
    }
}

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Invalid(_) | Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Gone(_) => StatusCode::GONE,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable | Self::Outside(_) => StatusCode::SERVICE_UNAVAILABLE,
            // A lost connection leaves the outcome unknown: 503 asks for the same key again.
            Self::Database(DieselError::DatabaseError(
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
                _,
            )) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Database(e) if crate::platform::db::is_retryable(e) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Database(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        if status.is_server_error() {
            tracing::error!(error = %self, "request failed");
        }
        let code = if status == StatusCode::SERVICE_UNAVAILABLE && !matches!(self, Self::Outside(_)) {
            &UNAVAILABLE
        } else {
            self.code()
        };
        let retry_after = self.retry_after().or((status == StatusCode::SERVICE_UNAVAILABLE).then_some(1));
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if let Some(seconds) = retry_after {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        match self {
            Self::Method { allow } => {
                response.insert_header((header::ALLOW, allow.as_str()));
            }
            Self::Unauthorized(_) => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
            }
            _ => {}
        }
        response.json(Problem {
            kind: format!("/problems/{}", code.name),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code: code.name.to_owned(),
            detail: code.zh.to_owned(),
            detail_en: code.en.to_owned(),
            errors: if let Self::Invalid(errors) = self { errors.clone() } else { Vec::new() },
            retry_after,
        })
    }
}
