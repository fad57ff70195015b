//! What runs on a clock: escalations of leads that wait, and signed checkpoints of the ledger.
use std::time::Duration;

use crate::app::App;
use crate::deals::leads::checkpoint;
use crate::deals::leads::clock::Clock;
use crate::error::AppError;
use crate::platform::jobs::Job;
use crate::platform::outbox;

const GROUP: i64 = 100;

pub const JOBS: &[Job] = &[
    Job {
        name: "escalate_leads",
        every: Duration::from_secs(60),
        on_outbox: false,
        run: |app| Box::pin(async move { escalate(&app).await }),
    },
    Job {
        name: "sign_checkpoint",
        every: Duration::from_secs(3600),
        on_outbox: false,
        run: |app| Box::pin(async move { checkpoint::sign_and_keep(&app).await.map(|_| ()) }),
    },
];

/// Takes every clock that is due up, one level at a time; safe on several instances at once.
pub async fn escalate(app: &App) -> Result<(), AppError> {
    loop {
        let now = app.now();
        let risen = app.db.write(move |conn| Clock::escalate_due(conn, now, GROUP)).await?;
        if risen == 0 {
            return Ok(());
        }
        app.fan_out.publish(outbox::TOPIC, "").await;
    }
}
