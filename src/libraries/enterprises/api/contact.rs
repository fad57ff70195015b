//! The people of an enterprise, as one's own unit knows them.
use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{EnterpriseView, view_of};
use crate::app::App;
use crate::error::AppError;
use crate::libraries::enterprises::contact::{Contact, ContactId};
use crate::libraries::enterprises::enterprise::{Enterprise, EnterpriseId};
use crate::openapi::WriteErrors;
use crate::people::auth::Act;
use crate::platform::input::{Line, Phone};
use crate::platform::web::{Json, Nothing};

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddContact {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    name: Line<40>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    title: Option<Line<40>>,
    phone: Phone,
}

/// Add a person of the enterprise; only one's own unit sees it
#[utoipa::path(tag = "enterprises", operation_id = "add_contact", request_body = AddContact, params(("id" = EnterpriseId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = EnterpriseView), WriteErrors))]
#[post("/enterprises/{id}/contacts")]
pub(super) async fn add_contact(
    app: App,
    act: Act,
    id: web::Path<EnterpriseId>,
    body: Json<AddContact>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &AddContact| {
        let enterprise = Enterprise::standing(tx.conn, &id)?;
        tx.subject("enterprise", &enterprise.id);
        Contact {
            id: ContactId::fresh(),
            enterprise_id: enterprise.id.clone(),
            unit_id: tx.actor.unit_id.clone(),
            name: wish.name.as_str().to_owned(),
            title: wish.title.as_ref().map(|title| title.as_str().to_owned()),
            phone: wish.phone.as_str().to_owned(),
            added_by: tx.actor.id.clone(),
            added_at: tx.now,
            removed_at: None,
        }
        .insert(tx.conn)?;
        Enterprise::touch(tx.conn, &enterprise.id, tx.now)?;
        view_of(tx.conn, tx.actor, &enterprise.id)
    })
    .await
}

/// Take a person off; the record of who saw the number stays
#[utoipa::path(tag = "enterprises", operation_id = "remove_contact", request_body = Nothing, params(("id" = ContactId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = EnterpriseView), WriteErrors))]
#[post("/enterprises/contacts/{id}/removals")]
pub(super) async fn remove_contact(
    app: App,
    act: Act,
    id: web::Path<ContactId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, _: &Nothing| {
        let contact = Contact::find(tx.conn, tx.actor, &id)?;
        tx.subject("contact", &contact.id);
        contact.remove(tx.conn, tx.now)?;
        view_of(tx.conn, tx.actor, &contact.enterprise_id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealContact {
    /// Why the whole number is needed; kept in the audit log
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    purpose: Line<200>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ContactRevealed {
    phone: String,
}

/// See a contact's whole phone number; logged with the purpose
#[utoipa::path(tag = "enterprises", operation_id = "reveal_contact", request_body = RevealContact, params(("id" = ContactId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = ContactRevealed), WriteErrors))]
#[post("/enterprises/contacts/{id}/reveals")]
pub(super) async fn reveal_contact(
    app: App,
    act: Act,
    id: web::Path<ContactId>,
    body: Json<RevealContact>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, reveal: &RevealContact| {
        let contact = Contact::find(tx.conn, tx.actor, &id)?;
        tx.subject("contact", &contact.id);
        tx.detail(reveal.purpose.as_str());
        Ok(ContactRevealed { phone: contact.phone })
    })
    .await
}
