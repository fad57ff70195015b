//! Open slots of a unit's hosts.
use std::collections::BTreeMap;

use actix_web::{get, web};
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::deals::talks::rules::{self, Hosting};
use crate::deals::talks::slot::{self, Slot};
use crate::deals::talks::{Host, site};
use crate::error::AppError;
use crate::openapi::ReadErrors;
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::input::within;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SlotFilter {
    /// This or `site_id`
    #[param(max_length = 40)]
    unit_id: Option<String>,
    #[param(max_length = 64)]
    site_id: Option<String>,
    /// A day in China; today when left out
    from: Option<NaiveDate>,
    /// At most 31 days after `from`
    to: Option<NaiveDate>,
    /// Each host's own slots when left out
    hosting: Option<Hosting>,
}

/// Someone who receives.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReceiverView {
    pub(super) id: AccountId,
    pub(super) name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SlotView {
    /// The first of `hosts`
    host_id: AccountId,
    host_name: String,
    /// Who is free then: the one, those of whom any may receive, or all
    hosts: Vec<ReceiverView>,
    unit_id: String,
    starts_at: Time,
    ends_at: Time,
}

impl From<&Slot<'_>> for SlotView {
    fn from(slot: &Slot<'_>) -> Self {
        let host = slot.host;
        Self {
            host_id: host.id.clone(),
            host_name: host.name.clone(),
            hosts: vec![ReceiverView { id: host.id.clone(), name: host.name.clone() }],
            unit_id: host.unit_id.clone(),
            starts_at: slot.starts_at,
            ends_at: slot.ends_at(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SlotList {
    items: Vec<SlotView>,
    slot_minutes: i64,
}

/// Open slots of a unit's hosts
#[utoipa::path(tag = "talks", operation_id = "list_slots", params(SlotFilter), responses((status = 200, body = SlotList), ReadErrors))]
#[get("/talks/slots")]
pub(super) async fn list_slots(
    app: App,
    filter: web::Query<SlotFilter>,
) -> Result<web::Json<SlotList>, AppError> {
    let filter = filter.into_inner();
    within("unit_id", filter.unit_id.as_deref(), 40)?;
    within("site_id", filter.site_id.as_deref(), 64)?;
    let now = app.now();
    let from = filter.from.unwrap_or_else(|| now.day());
    let to = filter.to.unwrap_or(from + Duration::days(13));
    if !(0..=rules::MOST_DAYS).contains(&(to - from).num_days()) {
        return Err(AppError::field("to", "input.range"));
    }
    let items = app
        .read(move |conn| {
            let unit = match (filter.unit_id, filter.site_id) {
                (Some(unit), _) => unit,
                (None, Some(site)) => site::look_up(conn, &site)?.unit_id,
                (None, None) => return Err(AppError::field("unit_id", "input.missing")),
            };
            let hosts = Host::receiving(conn, &unit)?;
            let open = slot::open(conn, &hosts, from, to, now)?;
            let slots: Vec<SlotView> = open.iter().map(SlotView::from).collect();
            Ok(match filter.hosting.unwrap_or(Hosting::One) {
                Hosting::One => slots,
                Hosting::Any => together(slots, 1),
                Hosting::All => together(slots, hosts.len()),
            })
        })
        .await?;
    Ok(web::Json(SlotList { items, slot_minutes: rules::SLOT_MINUTES }))
}

/// One slot for each time at which at least so many hosts are free.
fn together(slots: Vec<SlotView>, least: usize) -> Vec<SlotView> {
    let mut by_start: BTreeMap<i64, SlotView> = BTreeMap::new();
    for slot in slots {
        match by_start.get_mut(&slot.starts_at.millis()) {
            Some(same) => same.hosts.extend(slot.hosts),
            None => {
                by_start.insert(slot.starts_at.millis(), slot);
            }
        }
    }
    by_start.into_values().filter(|slot| slot.hosts.len() >= least).collect()
}
