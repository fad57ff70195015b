//! What runs on a clock: holds that nobody turned into a request are freed.
use crate::app::App;
use crate::deals::talks::Booking;
use crate::error::AppError;

const GROUP: i64 = 100;

/// Frees the claims of every hold past its time; safe on several instances at once.
pub async fn free_expired_holds(app: App) -> Result<(), AppError> {
    loop {
        let now = app.now();
        let freed = app.db.write(move |conn| Booking::expire_due(conn, now, GROUP)).await?;
        if freed == 0 {
            return Ok(());
        }
    }
}
