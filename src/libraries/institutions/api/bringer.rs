//! Who brings leads for an institution.
use actix_web::{HttpResponse, post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{InstitutionView, view_of};
use crate::app::App;
use crate::error::{AppError, Code};
use crate::libraries::institutions::bringer::{Bringer, BringerId};
use crate::libraries::institutions::institution::{Institution, InstitutionId};
use crate::openapi::WriteErrors;
use crate::people::auth::{Account, Act, Role, account};
use crate::platform::input::Phone;
use crate::platform::web::{Json, Nothing};

const NOT_A_CONSULTANT: Code = Code::new(
    "bringer.not_a_consultant",
    "这个手机号没有招商顾问账号，请先请管理员开通",
    "No consultant's account has this phone; ask an administrator to open one first",
);

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NameBringer {
    /// Of the consultant's account
    phone: Phone,
    /// The first day whose leads count for the institution: not in the future
    begins_on: NaiveDate,
}

/// Say whose leads are the institution's from a day on; for its keeper unit and the city
#[utoipa::path(tag = "institutions", operation_id = "name_bringer", request_body = NameBringer, params(("id" = InstitutionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = InstitutionView), WriteErrors))]
#[post("/institutions/{id}/bringers")]
pub(super) async fn name_bringer(
    app: App,
    act: Act,
    id: web::Path<InstitutionId>,
    body: Json<NameBringer>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &NameBringer| {
        let institution = Institution::find(tx.conn, &id)?;
        institution.refuse_strangers(tx.actor)?;
        tx.subject("institution", &institution.id);
        if wish.begins_on > tx.now.day() {
            return Err(AppError::field("begins_on", "input.range"));
        }
        let found = Account::by_phone(tx.conn, wish.phone.as_str())?;
        let found = found.ok_or(AppError::Unprocessable(&NOT_A_CONSULTANT))?;
        if !account::roles_of(tx.conn, &found.id)?.contains(&Role::Consultant) {
            return Err(AppError::Unprocessable(&NOT_A_CONSULTANT));
        }
        Bringer {
            id: BringerId::fresh(),
            institution_id: institution.id.clone(),
            account_id: found.id,
            begins_on: wish.begins_on,
            ends_on: None,
            named_by: tx.actor.id.clone(),
            named_at: tx.now,
        }
        .insert(tx.conn)?;
        Institution::touch(tx.conn, &institution.id, tx.now)?;
        view_of(tx.conn, tx.actor, &institution.id, tx.now.day())
    })
    .await
}

/// From tomorrow on the account no longer speaks for the institution
#[utoipa::path(tag = "institutions", operation_id = "end_bringer", request_body = Nothing, params(("id" = BringerId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = InstitutionView), WriteErrors))]
#[post("/institutions/bringers/{id}/endings")]
pub(super) async fn end_bringer(
    app: App,
    act: Act,
    id: web::Path<BringerId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, _: &Nothing| {
        let bringer = Bringer::find(tx.conn, &id)?;
        let institution = Institution::find(tx.conn, &bringer.institution_id)?;
        institution.refuse_strangers(tx.actor)?;
        tx.subject("institution", &institution.id);
        bringer.end(tx.conn, tx.now.day())?;
        view_of(tx.conn, tx.actor, &institution.id, tx.now.day())
    })
    .await
}
