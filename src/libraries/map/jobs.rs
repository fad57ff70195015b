//! What runs on a clock: units are reminded of sites that have grown stale.
use crate::app::App;
use crate::error::AppError;
use crate::libraries::map::site_check;
use crate::platform::outbox;

/// Safe on several instances at once.
pub async fn remind_stale_sites(app: App) -> Result<(), AppError> {
    let now = app.now();
    let reminded = app.db.write(move |conn| site_check::remind(conn, now)).await?;
    if reminded > 0 {
        app.fan_out.publish(outbox::TOPIC, "").await;
    }
    Ok(())
}
