//! Figures about the running program, as Prometheus text on an address of its own and nowhere else.
use std::net::SocketAddr;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::app::App;
use crate::platform::outbox;

const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The small server of the figures.
pub struct Figures {
    handle: ServerHandle,
    pub address: SocketAddr,
}

/// Begins to count, and serves the figures at `/metrics` of `address`; once in a process.
pub fn serve(app: &App, address: SocketAddr) -> std::io::Result<Figures> {
    let named =
        |e: std::io::Error| std::io::Error::new(e.kind(), format!("PALM_METRICS_BIND: {address}: {e}"));
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(std::io::Error::other)?;
    describe();
    let state = web::Data::new((app.clone(), recorder));
    let server = HttpServer::new(move || {
        actix_web::App::new().app_data(state.clone()).route("/metrics", web::get().to(show))
    })
    .workers(1)
    // The main server alone hears signals.
    .disable_signals()
    .bind(address)
    .map_err(named)?;
    let address = server.addrs().first().copied().unwrap_or(address);
    let server: Server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Ok(Figures { handle, address })
}

impl Figures {
    pub async fn stop(self) {
        self.handle.stop(true).await;
    }
}

fn describe() {
    metrics::describe_counter!(
        "palm_requests_total",
        "Requests answered, by method, path pattern and status"
    );
    metrics::describe_histogram!(
        "palm_request_seconds",
        metrics::Unit::Seconds,
        "Time to answer, by path pattern"
    );
    metrics::describe_counter!("palm_job_runs_total", "Runs of background jobs, by job and outcome");
    metrics::describe_gauge!("palm_outbox_waiting", "Events that are not told yet");
    metrics::describe_gauge!("palm_database_up", "1 when the database answers");
    metrics::gauge!("palm_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

async fn show(state: web::Data<(App, PrometheusHandle)>) -> HttpResponse {
    let (app, recorder) = state.get_ref();
    let waiting = app.read(outbox::waiting).await;
    metrics::gauge!("palm_database_up").set(if waiting.is_ok() { 1.0 } else { 0.0 });
    if let Ok(waiting) = waiting {
        #[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
        metrics::gauge!("palm_outbox_waiting").set(waiting as f64);
    }
    recorder.run_upkeep();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(recorder.render())
}
