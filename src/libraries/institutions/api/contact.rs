//! The people of an institution, as one's own unit knows them.
use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{InstitutionView, view_of};
use crate::app::App;
use crate::error::AppError;
use crate::libraries::institutions::contact::{Contact, InstitutionContactId};
use crate::libraries::institutions::institution::{Institution, InstitutionId};
use crate::openapi::WriteErrors;
use crate::people::auth::Act;
use crate::platform::input::{Line, Phone};
use crate::platform::web::{Json, Nothing};

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddInstitutionContact {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    name: Line<40>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    title: Option<Line<40>>,
    phone: Phone,
}

/// Add a person of the institution; only one's own unit and the city's task force see it
#[utoipa::path(tag = "institutions", operation_id = "add_institution_contact", request_body = AddInstitutionContact, params(("id" = InstitutionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = InstitutionView), WriteErrors))]
#[post("/institutions/{id}/contacts")]
pub(super) async fn add_institution_contact(
    app: App,
    act: Act,
    id: web::Path<InstitutionId>,
    body: Json<AddInstitutionContact>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &AddInstitutionContact| {
        let institution = Institution::find(tx.conn, &id)?;
        tx.subject("institution", &institution.id);
        Contact {
            id: InstitutionContactId::fresh(),
            institution_id: institution.id.clone(),
            unit_id: tx.actor.unit_id.clone(),
            name: wish.name.as_str().to_owned(),
            title: wish.title.as_ref().map(|title| title.as_str().to_owned()),
            phone: wish.phone.as_str().to_owned(),
            added_by: tx.actor.id.clone(),
            added_at: tx.now,
            removed_at: None,
        }
        .insert(tx.conn)?;
        Institution::touch(tx.conn, &institution.id, tx.now)?;
        view_of(tx.conn, tx.actor, &institution.id, tx.now.day())
    })
    .await
}

/// Take a person off; the record of who saw the number stays
#[utoipa::path(tag = "institutions", operation_id = "remove_institution_contact", request_body = Nothing, params(("id" = InstitutionContactId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = InstitutionView), WriteErrors))]
#[post("/institutions/contacts/{id}/removals")]
pub(super) async fn remove_institution_contact(
    app: App,
    act: Act,
    id: web::Path<InstitutionContactId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, _: &Nothing| {
        let contact = Contact::find(tx.conn, tx.actor, &id)?;
        tx.subject("institution_contact", &contact.id);
        contact.remove(tx.conn, tx.now)?;
        view_of(tx.conn, tx.actor, &contact.institution_id, tx.now.day())
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealInstitutionContact {
    /// Why the whole number is needed; kept in the audit log
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    purpose: Line<200>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct InstitutionContactRevealed {
    phone: String,
}

/// See a whole phone number; logged with the purpose
#[utoipa::path(tag = "institutions", operation_id = "reveal_institution_contact", request_body = RevealInstitutionContact, params(("id" = InstitutionContactId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = InstitutionContactRevealed), WriteErrors))]
#[post("/institutions/contacts/{id}/reveals")]
pub(super) async fn reveal_institution_contact(
    app: App,
    act: Act,
    id: web::Path<InstitutionContactId>,
    body: Json<RevealInstitutionContact>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, reveal: &RevealInstitutionContact| {
        let contact = Contact::find(tx.conn, tx.actor, &id)?;
        tx.subject("institution_contact", &contact.id);
        tx.detail(reveal.purpose.as_str());
        Ok(InstitutionContactRevealed { phone: contact.phone })
    })
    .await
}
