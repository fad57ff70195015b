//! 洽谈纪要 on paper: the version that stands, with both sides' confirmations.
use serde_json::{Value, json};

use crate::deals::talks::Booking;
use crate::deals::talks::booking::BookingHost;
use crate::deals::talks::follow_up::FollowUpOwner;
use crate::deals::talks::minutes::{self, MinutesConfirmation, MinutesVersion, PlannedFollowUp};
use crate::error::AppError;
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::pdf::{self, PaperEngine, Sheet};

const TEMPLATE: &str = include_str!("paper/minutes.typ");

/// What is printed.
pub struct MinutesPaper {
    data: Value,
    published_at: Time,
}

impl MinutesPaper {
    /// Of a talk whose minutes stand.
    pub fn of(conn: &mut DbConn, booking: &Booking) -> Result<Self, AppError> {
        let version = MinutesVersion::standing(conn, &booking.id)?;
        let unit = Unit::find(conn, &booking.unit_id)?;
        let published_at = version.ended_at.unwrap_or(version.written_at);
        let hosts: Vec<String> =
            booking.hosts(conn)?.into_iter().map(|host: BookingHost| host.host_name).collect();
        let given = minutes::confirmations(conn, &booking.id, version.number)?;
        let planned = version.follow_ups()?;
        let data = json!({
            "topic": booking.topic,
            "held": format!("{} – {}", beijing(booking.starts_at), booking.ends_at.in_china().format("%H:%M")),
            "unit": unit.map(|unit| format!("{} {}", unit.name, unit.name_en)),
            "hosts": hosts.join("、"),
            "investor": booking.investor_name,
            "site": booking.site_name,
            "number": version.number,
            "summary": version.summary,
            "points": version.agreed_points()?,
            "follow_ups": planned.iter().map(|plan| follow_up(booking, plan)).collect::<Vec<_>>(),
            "confirmations": given.iter().map(confirmation).collect::<Vec<_>>(),
            "unanswered": version.unanswered,
            "published_at": beijing(published_at),
        });
        Ok(Self { data, published_at })
    }

    pub fn set(&self, engine: &PaperEngine) -> Result<Vec<u8>, AppError> {
        let date = self.published_at.day();
        let sheet = Sheet { template: TEMPLATE, data: &self.data, files: &[], date, tagged: true };
        Ok(pdf::set(engine, &sheet)?.pdf)
    }
}

fn follow_up(booking: &Booking, plan: &PlannedFollowUp) -> Value {
    let lead = match plan.owner {
        FollowUpOwner::Host => &booking.host_name,
        FollowUpOwner::Investor => &booking.investor_name,
    };
    json!({
        "text": plan.text,
        "owner": plan.owner_name.as_ref().unwrap_or(lead),
        "side": format!("{} {}", plan.owner.zh(), plan.owner.en()),
        "due": plan.due_on,
    })
}

fn confirmation(one: &MinutesConfirmation) -> Value {
    json!({"zh": one.side.zh(), "en": one.side.en(), "name": one.by_name, "at": beijing(one.at)})
}

/// As a reader in China reads it.
fn beijing(at: Time) -> String {
    at.in_china().format("%Y-%m-%d %H:%M").to_string()
}
