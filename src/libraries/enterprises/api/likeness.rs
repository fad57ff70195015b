//! What is like an enterprise while somebody types: shown before saving, never merged by itself.
use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::AppError;
use crate::libraries::enterprises::enterprise::{Enterprise, EnterpriseId};
use crate::libraries::likeness::{Features, LikenessReason, keys_of, likeness};
use crate::openapi::ReadErrors;
use crate::people::auth::Actor;
use crate::platform::credit_code::CreditCode;
use crate::platform::input::{Phone, within};

const MOST: usize = 10;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LikenessFilter {
    /// As far as it is typed
    #[param(max_length = 100)]
    name: Option<String>,
    /// Compared once it is whole
    #[param(max_length = 18)]
    credit_code: Option<String>,
    /// Compared once it is whole
    #[param(max_length = 20)]
    phone: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LikeEnterprises {
    #[schema(max_items = 10)]
    items: Vec<LikeEnterprise>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LikeEnterprise {
    id: EnterpriseId,
    name: String,
    credit_code: Option<String>,
    reasons: Vec<LikenessReason>,
}

/// Enterprises that may be the one being typed, each with every reason
#[utoipa::path(tag = "enterprises", operation_id = "list_enterprise_likeness", params(LikenessFilter), responses((status = 200, body = LikeEnterprises), ReadErrors))]
#[get("/enterprises/likeness")]
pub(super) async fn list_enterprise_likeness(
    app: App,
    _actor: Actor,
    filter: web::Query<LikenessFilter>,
) -> Result<web::Json<LikeEnterprises>, AppError> {
    let filter = filter.into_inner();
    within("name", filter.name.as_deref(), 100)?;
    within("credit_code", filter.credit_code.as_deref(), 18)?;
    within("phone", filter.phone.as_deref(), 20)?;
    let (key, stem) = keys_of(filter.name.as_deref().unwrap_or_default());
    let code = filter.credit_code.as_deref().and_then(CreditCode::parse);
    let phone = filter.phone.as_deref().and_then(|text| Phone::parse(text).ok());
    let items = app
        .read(move |conn| {
            let (code, phone) = (code.as_ref().map(CreditCode::as_str), phone.as_ref().map(Phone::as_str));
            let typed = Features { credit_code: code, name_key: &key, phone: phone.unwrap_or("typed") };
            let found = Enterprise::candidates(conn, (&key, &stem), code, phone, MOST)?;
            let like = found.into_iter().map(|(one, same_phone)| {
                let kept = Features {
                    credit_code: one.credit_code.as_deref(),
                    name_key: &one.name_key,
                    phone: if same_phone { typed.phone } else { "kept" },
                };
                let reasons = likeness(typed, kept);
                LikeEnterprise { id: one.id, name: one.name, credit_code: one.credit_code, reasons }
            });
            Ok(like.filter(|one| !one.reasons.is_empty()).collect())
        })
        .await?;
    Ok(web::Json(LikeEnterprises { items }))
}
