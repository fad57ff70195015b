//! What runs on a clock: agreements are reminded of and closed when their time is over, time stamps that an outside
//! authority still owes are asked for again, and what was signed gets its long-term data.
use crate::app::App;
use crate::deals::signings::agreement::{self, Whole};
use crate::deals::signings::archive::Archive;
use crate::deals::signings::sealing;
use crate::deals::signings::stamp::Missing;
use crate::error::AppError;
use crate::platform::db::DbConn;
use crate::platform::pki::StampFault;

const CLOSED_AT_ONCE: i64 = 50;
const STAMPS: i64 = 20;
const ARCHIVES: i64 = 20;

/// Asks again for every missing stamp that is due; safe on several instances at once, because a head moves
/// only from the very file that was stamped.
pub async fn stamp_agreements(app: App) -> Result<(), AppError> {
    let now = app.now();
    for missing in app.read(move |conn| Missing::due(conn, now, STAMPS)).await? {
        if let Err(fault) = stamp_one(&app, &missing).await? {
            app.db.write(move |conn| missing.put_off(conn, fault, now)).await?;
        }
    }
    Ok(())
}

async fn stamp_one(app: &App, missing: &Missing) -> Result<Result<(), StampFault>, AppError> {
    let (id, now) = (missing.agreement_id.clone(), app.now());
    let whole = app.read(move |conn| Whole::find(conn, &id)).await?;
    let Some(from) = whole.agreement.head_sha256.clone() else { return Ok(Ok(())) };
    let made = match sealing::stamp(app, &whole, now).await? {
        Ok(made) => made,
        Err(fault) => return Ok(Err(fault)),
    };
    let id = whole.agreement.id.clone();
    let stamped = app
        .db
        .write(move |conn| {
            made.stored.insert(conn)?;
            agreement::stamp(conn, &id, &from, &made.sealed, now)
        })
        .await;
    match stamped {
        // Somebody signed meanwhile; the next round looks at the new head.
        Err(AppError::Conflict(_)) => Ok(Ok(())),
        other => other.map(Ok),
    }
}

/// Adds long-term data to what is signed, and renews them before they end; safe on several instances at once, because
/// each is settled once and the head moves only from the very file that was stamped.
pub async fn archive_agreements(app: App) -> Result<(), AppError> {
    if !app.config.keeps_long_term() {
        return Ok(());
    }
    let now = app.now();
    let missing = app.read(|conn| Archive::missing(conn, ARCHIVES)).await?;
    if !missing.is_empty() {
        let note = move |conn: &mut DbConn| missing.iter().try_for_each(|id| Archive::note(conn, id, now));
        app.db.write(note).await?;
    }
    for due in app.read(move |conn| Archive::due(conn, now, ARCHIVES)).await? {
        let fault = match archive_one(&app, &due).await {
            Ok(Ok(())) => continue,
            Ok(Err(fault)) => Some(fault),
            // One file that cannot be read must not keep the others waiting.
            Err(e) => {
                tracing::warn!(agreement = %due.agreement_id, error = %e, "long-term data could not be added");
                None
            }
        };
        app.db.write(move |conn| due.put_off(conn, fault, now)).await?;
    }
    Ok(())
}

async fn archive_one(app: &App, due: &Archive) -> Result<Result<(), StampFault>, AppError> {
    let (wanted, now) = (due.clone(), app.now());
    let (whole, before) =
        app.read(move |conn| Ok((Whole::find(conn, &wanted.agreement_id)?, wanted.before(conn)?))).await?;
    let from = whole.head()?.1.to_owned();
    let (made, until) = match sealing::archive(app, &whole, before, now).await? {
        Ok(made) => made,
        Err(fault) => return Ok(Err(fault)),
    };
    let due = due.clone();
    let archived = app
        .db
        .write(move |conn| {
            made.stored.insert(conn)?;
            agreement::archive(conn, &due, &from, &made.sealed, until, now)
        })
        .await;
    match archived {
        // Another instance was first.
        Err(AppError::Conflict(_)) => Ok(Ok(())),
        other => other.map(Ok),
    }
}

/// Closes every agreement past its time; safe on several instances at once.
pub async fn expire_agreements(app: App) -> Result<(), AppError> {
    loop {
        let now = app.now();
        let due = app.db.write(move |conn| agreement::expire_due(conn, now, CLOSED_AT_ONCE)).await?;
        if due == 0 {
            return Ok(());
        }
    }
}

/// Reminds of every end that is near; safe on several instances at once, because each reminder is kept once.
pub async fn remind_of_ends(app: App) -> Result<(), AppError> {
    let now = app.now();
    for id in app.read(move |conn| agreement::ending(conn, now)).await? {
        app.db.write(move |conn| agreement::remind_of_end(conn, &id, now)).await?;
    }
    Ok(())
}
