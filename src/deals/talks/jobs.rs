//! What runs on a clock: what nobody answered is freed, and both sides are reminded of what comes.
use std::time::Duration;

use crate::app::App;
use crate::deals::talks::Booking;
use crate::deals::talks::conference::keep_conferences;
use crate::deals::talks::follow_up::{self, DueFollowUp};
use crate::deals::talks::proposal::Proposal;
use crate::deals::talks::reminder::{self, Reminder};
use crate::deals::talks::wish::Wish;
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::jobs::Job;
use crate::platform::outbox;

const GROUP: i64 = 100;

pub const JOBS: &[Job] = &[
    Job {
        name: "free_expired_holds",
        every: Duration::from_secs(30),
        on_outbox: false,
        run: |app| Box::pin(free_expired_holds(app)),
    },
    Job {
        name: "offer_freed_times",
        every: Duration::from_secs(30),
        on_outbox: false,
        run: |app| Box::pin(offer_freed_times(app)),
    },
    Job {
        name: "remind_talks",
        every: Duration::from_secs(60),
        on_outbox: false,
        run: |app| Box::pin(remind_talks(app)),
    },
    Job {
        name: "remind_follow_ups",
        every: Duration::from_secs(300),
        on_outbox: false,
        run: |app| Box::pin(remind_follow_ups(app)),
    },
    Job {
        name: "keep_conferences",
        every: Duration::from_secs(5),
        on_outbox: true,
        run: |app| Box::pin(keep_conferences(app)),
    },
];

/// Frees what every hold and proposal past its time has kept; safe on several instances at once.
pub async fn free_expired_holds(app: App) -> Result<(), AppError> {
    loop {
        let now = app.now();
        let freed = app.db.write(move |conn| Booking::expire_due(conn, now, GROUP)).await?;
        let lapsed = app.db.write(move |conn| Proposal::lapse_due(conn, now, GROUP)).await?;
        if lapsed > 0 {
            app.fan_out.publish(outbox::TOPIC, "").await;
        }
        if freed + lapsed == 0 {
            return Ok(());
        }
    }
}

/// Holds what is free for those who wait, in turn, and ends wishes past their last day; safe on several instances at once.
pub async fn offer_freed_times(app: App) -> Result<(), AppError> {
    let now = app.now();
    let offered = app
        .db
        .write(move |conn| {
            Wish::end_past(conn, now)?;
            Wish::serve(conn, None, now)
        })
        .await?;
    if offered > 0 {
        app.fan_out.publish(outbox::TOPIC, "").await;
    }
    Ok(())
}

/// Reminds both sides of every talk that is near; safe on several instances at once.
pub async fn remind_talks(app: App) -> Result<(), AppError> {
    remind(app, reminder::due, Reminder::tell).await
}

/// Reminds whoever answers for a follow-up the day before, and once it is overdue; safe on several instances at once.
pub async fn remind_follow_ups(app: App) -> Result<(), AppError> {
    remind(app, follow_up::due, DueFollowUp::tell).await
}

/// Reads what is due and tells it, each in a transaction of its own.
async fn remind<T: Clone + Send + 'static>(
    app: App,
    due: fn(&mut DbConn, Time) -> Result<Vec<T>, AppError>,
    tell: fn(&T, &mut DbConn, Time) -> Result<(), AppError>,
) -> Result<(), AppError> {
    let now = app.now();
    let found = app.read(move |conn| due(conn, now)).await?;
    for one in &found {
        let one = one.clone();
        app.db.write(move |conn| tell(&one, conn, now)).await?;
    }
    if !found.is_empty() {
        app.fan_out.publish(outbox::TOPIC, "").await;
    }
    Ok(())
}
