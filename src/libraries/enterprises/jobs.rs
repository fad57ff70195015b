//! What runs on a clock: pursuits in which nothing happened are let go, and their unit is told.
use crate::app::App;
use crate::error::AppError;
use crate::libraries::enterprises::enterprise::Enterprise;
use crate::libraries::enterprises::events::PursuitLapsed;
use crate::libraries::enterprises::pursuit::Pursuit;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::outbox;

const GROUP: i64 = 50;

/// Lets go of every pursuit past its last day; safe on several instances at once.
pub async fn lapse_pursuits(app: App) -> Result<(), AppError> {
    loop {
        let now = app.now();
        let lapsed = app.db.write(move |conn| lapse_some(conn, now)).await?;
        if lapsed == 0 {
            return Ok(());
        }
        app.fan_out.publish(outbox::TOPIC, "").await;
    }
}

fn lapse_some(conn: &mut DbConn, now: Time) -> Result<usize, AppError> {
    let mut lapsed = 0;
    for pursuit in Pursuit::overdue(conn, now.day(), GROUP)? {
        if pursuit.lapse(conn, now)? {
            let enterprise = Enterprise::find(conn, &pursuit.enterprise_id)?;
            let event = PursuitLapsed::new(conn, &enterprise, &pursuit)?;
            outbox::emit(conn, &event, now)?;
            lapsed += 1;
        }
    }
    Ok(lapsed)
}
