//! What runs on a clock: units are reminded of agreements that end soon.
use crate::app::App;
use crate::error::AppError;
use crate::libraries::institutions::agreement::Agreement;
use crate::libraries::institutions::events::InstitutionAgreementEnding;
use crate::libraries::institutions::institution::Institution;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::outbox;

const GROUP: i64 = 50;

/// Tells of every agreement near its end, each reminder once; safe on several instances at once.
pub async fn remind_of_endings(app: App) -> Result<(), AppError> {
    loop {
        let now = app.now();
        let reminded = app.db.write(move |conn| remind_some(conn, now)).await?;
        if reminded == 0 {
            return Ok(());
        }
        app.fan_out.publish(outbox::TOPIC, "").await;
    }
}

fn remind_some(conn: &mut DbConn, now: Time) -> Result<usize, AppError> {
    let mut reminded = 0;
    for (agreement, days) in Agreement::to_remind(conn, now.day(), GROUP)? {
        if agreement.note_reminder(conn, days)? {
            let institution = Institution::find(conn, &agreement.institution_id)?;
            let event = InstitutionAgreementEnding::new(conn, &institution, &agreement)?;
            outbox::emit(conn, &event, now)?;
            reminded += 1;
        }
    }
    Ok(reminded)
}
