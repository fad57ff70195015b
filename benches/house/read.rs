//! A cached public read against a bare actix answer of equal bytes.
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use actix_web::{App, HttpResponse, HttpServer, web};
use bytes::Bytes;

use crate::ground::Ground;
use crate::load::wrk;
use crate::{Line, rounds};

const PATH: &str = "/api/v1/map/sites?limit=20";

/// The floor: one worker, one route, the bytes of `file`.
pub fn serve_bare(file: &Path) {
    let bytes = Bytes::from(std::fs::read(file).unwrap());
    let run = async move {
        let server = HttpServer::new(move || {
            let bytes = bytes.clone();
            let answer = move || {
                let bytes = bytes.clone();
                async move { HttpResponse::Ok().content_type("application/json").body(bytes) }
            };
            App::new().route("/", web::get().to(answer))
        });
        let server = server.workers(1).bind("127.0.0.1:0").unwrap();
        println!("listening on http://{}", server.addrs()[0]);
        server.run().await.unwrap();
    };
    actix_web::rt::System::new().block_on(run);
}

fn bare(file: &Path) -> (Child, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let mut child = command.env("PALM_BENCH_BARE", file).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().trim_start_matches("listening on ").to_owned())
}

pub fn run() -> Vec<Line> {
    let ground = Ground::sqlite("read");
    let palm = ground.serve(&[]);
    let answer = palm.get(PATH);
    let file = ground.folder().join("answer.json");
    std::fs::write(&file, &answer).unwrap();
    let (mut floor, floor_url) = bare(&file);
    let bytes = answer.len();
    let (floor_rate, ours) = rounds(
        |_| wrk(&floor_url, None, &[]).per_second,
        |_| {
            let seen = wrk(&palm.url(PATH), None, &[]);
            assert_eq!(seen.refused, 0);
            seen.per_second
        },
    );
    floor.kill().unwrap();
    floor.wait().unwrap();
    println!("cached public read: {bytes} bytes, one worker each");
    vec![Line {
        what: "cached public read / bare actix, equal bytes",
        ours,
        floor: floor_rate,
        unit: "answers/s",
        more: true,
    }]
}
