//! Work that runs later or on a clock: each job is one idempotent function, safe on several instances at once.
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;

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

/// The jobs of this process, each on its clock.
pub struct Running {
    stop: watch::Sender<bool>,
    jobs: Vec<JoinHandle<()>>,
}

/// Runs every job on its clock until it is stopped.
pub fn start(app: &App, jobs: &[Job]) -> Running {
    let (stop, stopped) = watch::channel(false);
    let jobs =
        jobs.iter().map(|job| tokio::spawn(keep_running(app.clone(), *job, stopped.clone()))).collect();
    Running { stop, jobs }
}

impl Running {
    /// Starts no further run and waits for those that are under way.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for job in self.jobs {
            let _ = job.await;
        }
    }
}

async fn keep_running(app: App, job: Job, mut stopped: watch::Receiver<bool>) {
    let mut hints = app.fan_out.subscribe(outbox::TOPIC);
    while !*stopped.borrow_and_update() {
        let outcome = run(&app, job).await;
        metrics::counter!("palm_job_runs_total", "job" => job.name, "outcome" => outcome).increment(1);
        let wait = tokio::time::sleep(job.every);
        tokio::select! {
            () = wait => {}
            _ = hints.recv(), if job.on_outbox => {}
            _ = stopped.changed() => {}
        }
    }
}

async fn run(app: &App, job: Job) -> &'static str {
    // A panic must not end the job for good.
    match AssertUnwindSafe((job.run)(app.clone())).catch_unwind().await {
        Ok(Ok(())) => "done",
        Ok(Err(e)) => {
            tracing::warn!(job = job.name, error = %e, "job failed; it will run again");
            "failed"
        }
        Err(_) => {
            tracing::error!(job = job.name, "job panicked; it will run again");
            "panicked"
        }
    }
}
