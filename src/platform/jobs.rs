//! Work that runs later or on a clock: each job is one idempotent function, safe on several instances at once.
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::app::App;
use crate::error::AppError;
use crate::platform::outbox;

type Run = fn(App) -> Pin<Box<dyn Future<Output = Result<(), AppError>> + Send>>;

/// A job: its name, how often it runs, and its body.
#[derive(Clone, Copy)]
pub struct Job {
    pub name: &'static str,
    pub every: Duration,
    /// Run at once when an event is written, besides the clock.
    pub on_outbox: bool,
    pub run: Run,
}

/// Runs every job on its clock until the process ends.
pub fn start(app: &App, jobs: &[Job]) {
    for job in jobs {
        tokio::spawn(keep_running(app.clone(), *job));
    }
}

async fn keep_running(app: App, job: Job) {
    let mut hints = app.fan_out.subscribe(outbox::TOPIC);
    loop {
        if let Err(e) = (job.run)(app.clone()).await {
            tracing::warn!(job = job.name, error = %e, "job failed; it will run again");
        }
        let wait = tokio::time::sleep(job.every);
        if job.on_outbox {
            tokio::select! { () = wait => {}, _ = hints.recv() => {} }
        } else {
            wait.await;
        }
    }
}
