//! What is like an institution while somebody types: shown before saving.
use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::AppError;
use crate::libraries::institutions::institution::{Institution, InstitutionId, InstitutionKind};
use crate::libraries::likeness::{Features, LikenessReason, careful_keys_of, likeness};
use crate::openapi::ReadErrors;
use crate::people::auth::Actor;
use crate::platform::credit_code::CreditCode;
use crate::platform::input::{Phone, within};

const MOST: usize = 10;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InstitutionLikenessFilter {
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
pub struct LikeInstitutions {
    #[schema(max_items = 10)]
    items: Vec<LikeInstitution>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LikeInstitution {
    id: InstitutionId,
    kind: InstitutionKind,
    name: String,
    credit_code: Option<String>,
    reasons: Vec<LikenessReason>,
}

/// Institutions that may be the one being typed, each with every reason
#[utoipa::path(tag = "institutions", operation_id = "list_institution_likeness", params(InstitutionLikenessFilter), responses((status = 200, body = LikeInstitutions), ReadErrors))]
#[get("/institutions/likeness")]
pub(super) async fn list_institution_likeness(
    app: App,
    _actor: Actor,
    filter: web::Query<InstitutionLikenessFilter>,
) -> Result<web::Json<LikeInstitutions>, AppError> {
    let filter = filter.into_inner();
    within("name", filter.name.as_deref(), 100)?;
    within("credit_code", filter.credit_code.as_deref(), 18)?;
    within("phone", filter.phone.as_deref(), 20)?;
    let (key, stem) = careful_keys_of(filter.name.as_deref().unwrap_or_default());
    let code = filter.credit_code.as_deref().and_then(CreditCode::parse);
    let phone = filter.phone.as_deref().and_then(|text| Phone::parse(text).ok());
    let items = app
        .read(move |conn| {
            let (code, phone) = (code.as_ref().map(CreditCode::as_str), phone.as_ref().map(Phone::as_str));
            let typed = Features { credit_code: code, name_key: &key, phone: phone.unwrap_or("typed") };
            let found = Institution::candidates(conn, (&key, &stem), code, phone, MOST)?;
            let like = found.into_iter().map(|(one, same_phone)| {
                let kept = Features {
                    credit_code: one.credit_code.as_deref(),
                    name_key: &one.name_key,
                    phone: if same_phone { typed.phone } else { "kept" },
                };
                let reasons = likeness(typed, kept);
                LikeInstitution {
                    id: one.id,
                    kind: one.kind,
                    name: one.name,
                    credit_code: one.credit_code,
                    reasons,
                }
            });
            Ok(like.filter(|one| !one.reasons.is_empty()).collect())
        })
        .await?;
    Ok(web::Json(LikeInstitutions { items }))
}
