//! What runs on a clock: agreements that were not signed in time are closed.
use crate::app::App;
use crate::deals::signings::agreement;
use crate::error::AppError;

const GROUP: i64 = 50;

/// Closes every agreement past its time; safe on several instances at once.
pub async fn expire_agreements(app: App) -> Result<(), AppError> {
    loop {
        let now = app.now();
        let due = app.db.write(move |conn| agreement::expire_due(conn, now, GROUP)).await?;
        if due == 0 {
            return Ok(());
        }
    }
}
