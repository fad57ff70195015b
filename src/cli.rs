//! The commands of `palm`.
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{App, StartError};
use crate::config::Config;
use crate::deals::leads::Witness;
use crate::deals::signings::anchor::verify_anchors;
use crate::deals::signings::{self, bundle};
use crate::deals::{leads, talks};
use crate::error::AppError;
use crate::libraries::{enterprises, institutions};
use crate::people::content_checks;
use crate::platform::clock::Clock;
use crate::platform::figures;
use crate::platform::jobs::{self, Job};
use crate::platform::note::Key;
use crate::platform::pdf::{self, Verdict};
use crate::platform::pki::Trust;
use crate::platform::spreadsheet::reader;
use crate::platform::{db, idempotency, tar};
use crate::views::{notifications, pushes};
use crate::{demo, libraries, openapi, server};

#[derive(Debug, Parser)]
#[command(
    name = "palm",
    version,
    args_override_self = true,
    about = "掌上招商平台 · Palm investment platform"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub config: Config,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer requests (and run the background jobs, unless told otherwise)
    Serve,
    /// Run the background jobs alone
    Worker,
    /// Bring the tables up to date
    Migrate,
    /// Fill the tables with marked demo data and print the demo sign-ins
    Demo,
    /// Judge a signed PDF or an evidence bundle without network or database
    Verify {
        file: PathBuf,
        /// The root certificate to believe; left out, this installation's own
        #[arg(long)]
        root: Option<PathBuf>,
        /// The ledger's key to believe of a bundle's anchor; left out, the bundle's own, which the answer names
        #[arg(long)]
        ledger_key: Option<String>,
    },
    /// Judge the file on the standard input for another process
    #[command(hide = true)]
    Judge,
    /// Look after the ledger of first contacts
    Ledger {
        #[command(subcommand)]
        act: LedgerAct,
    },
    /// Copy the embedded database, whole and consistent, while it is used
    Backup { to: PathBuf },
    /// Unpack a workbook from standard input; what `serve` starts for each upload
    #[command(hide = true)]
    ReadSheet,
    /// Write openapi.json and terms.json, or check that they are current
    Openapi {
        #[arg(long, default_value = "openapi")]
        folder: PathBuf,
        /// Fail when the files differ instead of writing them
        #[arg(long)]
        check: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum LedgerAct {
    /// Hash every fact, entry and checkpoint again and report the first break
    Verify {
        /// A dump instead of the database
        #[arg(long)]
        file: Option<PathBuf>,
        /// The key to believe, as `GET /api/v1/leads/ledger/checkpoints` shows it; left out, this installation's own
        #[arg(long)]
        key: Option<String>,
        /// Folder of checkpoints that were kept in a second place: the ledger must agree with every one
        #[arg(long)]
        checkpoints: Option<PathBuf>,
    },
    /// Write the whole ledger as lines of JSON; it holds personal data
    Dump {
        to: PathBuf,
        /// Hashes alone, without any fact
        #[arg(long)]
        hashes: bool,
    },
    /// Sign a checkpoint now and take it to the second place
    Checkpoint,
}

#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("{0}")]
    Start(#[from] StartError),
    #[error("{0}")]
    Database(#[from] db::DatabaseError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{} ({})", .0.code().zh, .0)]
    Refused(#[from] AppError),
    #[error("the root certificate cannot be read: {0}")]
    Root(String),
    #[error("{0}")]
    NotValid(String),
    #[error("{0} is stale: run `palm openapi`")]
    Stale(PathBuf),
}

/// Runs one command.
pub async fn run(cli: Cli) -> Result<(), CommandError> {
    match cli.command {
        Command::Openapi { folder, check } => write_documents(&folder, check),
        Command::ReadSheet => Ok(reader::answer_on_pipes()?),
        Command::Migrate => {
            cli.config.check().map_err(StartError::from)?;
            let ran = db::migrate(&cli.config.database())?;
            println!("{ran} migrations ran");
            Ok(())
        }
        Command::Serve => {
            cli.config.check().map_err(StartError::from)?;
            cli.config.check_folders().map_err(StartError::from)?;
            db::migrate(&cli.config.database())?;
            let app = App::open(cli.config).await?;
            seed(&app).await?;
            libraries::map::atlas(&app).await?;
            let jobs = app.config.with_worker.then(|| jobs::start(&app, &work()));
            server::serve(app).await?;
            if let Some(jobs) = jobs {
                jobs.stop().await;
            }
            Ok(())
        }
        Command::Verify { file, root, ledger_key } => {
            verify(&cli.config, &file, root.as_deref(), ledger_key.as_deref())
        }
        Command::Judge => {
            pdf::examiner::judge_standard_input().map_err(|e| CommandError::NotValid(e.to_string()))
        }
        Command::Ledger { act } => ledger(cli.config, act).await,
        Command::Backup { to } => Ok(db::backup(&cli.config.database(), &to)?),
        Command::Demo => {
            cli.config.check().map_err(StartError::from)?;
            db::migrate(&cli.config.database())?;
            let app = App::open(cli.config).await?;
            let people = demo::fill(&app).await?;
            print!("{}", demo::introduction(&app, &people));
            Ok(())
        }
        Command::Worker => {
            let app = App::open(cli.config).await?;
            let figures = app.config.metrics_bind.map(|address| figures::serve(&app, address)).transpose()?;
            let mut asked = signal(SignalKind::terminate())?;
            let jobs = jobs::start(&app, &work());
            println!("working");
            tokio::select! { stopped = tokio::signal::ctrl_c() => stopped?, _ = asked.recv() => {} }
            jobs.stop().await;
            if let Some(figures) = figures {
                figures.stop().await;
            }
            Ok(())
        }
    }
}

fn verify(
    config: &Config,
    file: &Path,
    root: Option<&Path>,
    ledger_key: Option<&str>,
) -> Result<(), CommandError> {
    let root = root.map_or_else(|| config.keys_dir.join("authority/root.pem"), Path::to_path_buf);
    let mut trust = Trust::from_pem(&std::fs::read(root)?).map_err(|e| CommandError::Root(e.to_string()))?;
    if let Some(roots) = &config.tsa_roots {
        trust =
            trust.and_stamps_from(&std::fs::read(roots)?).map_err(|e| CommandError::Root(e.to_string()))?;
    }
    let (bytes, now) = (std::fs::read(file)?, Clock::default().now().utc());
    if tar::is_bundle(&bytes) {
        let key = ledger_key.map(|text| read_key("--ledger-key", text)).transpose()?;
        let found = bundle::check(&bytes, Some(&trust), key.as_ref(), now);
        println!("{}", serde_json::to_string_pretty(&found).unwrap_or_default());
        return match found.problems.first() {
            None => Ok(()),
            Some(problem) => Err(CommandError::NotValid(format!("{} {}", problem.text, problem.text_en))),
        };
    }
    let seen = pdf::examine(&bytes, &trust, now);
    println!("{}", serde_json::to_string_pretty(&seen).unwrap_or_default());
    match seen.verdict {
        Verdict::Valid => Ok(()),
        _ => Err(CommandError::NotValid(seen.sentence)),
    }
}

fn read_key(flag: &str, text: &str) -> Result<Key, CommandError> {
    Key::parse(text).ok_or_else(|| CommandError::NotValid(format!("{flag} is no key")))
}

async fn ledger(config: Config, act: LedgerAct) -> Result<(), CommandError> {
    let app = App::open(config).await?;
    match act {
        LedgerAct::Verify { file, key, checkpoints } => {
            let key = key.map_or_else(|| Ok(app.ledger_signer.key()), |text| read_key("--key", &text))?;
            let witness = match checkpoints {
                None => Witness::from(&key),
                Some(folder) => Witness::with_kept(&key, &folder)?,
            };
            let (seen, anchors) = match file {
                Some(file) => (leads::verify_dump(BufReader::new(File::open(file)?), witness)?, None),
                None => {
                    let trust = app.trust();
                    app.read(move |conn| {
                        let seen = leads::verify_ledger(conn, witness)?;
                        Ok((seen, Some(verify_anchors(conn, &trust)?)))
                    })
                    .await?
                }
            };
            println!("{seen}");
            if let Some(anchors) = &anchors {
                println!("{anchors}");
            }
            let broken = seen.broken.map(|broken| broken.reason.to_owned());
            let broken = broken.or(anchors.and_then(|anchors| anchors.broken));
            broken.map_or(Ok(()), |reason| Err(CommandError::NotValid(reason)))
        }
        LedgerAct::Dump { to, hashes } => {
            let key = app.ledger_signer.key();
            let mut out = BufWriter::new(File::create_new(to)?);
            let written = app
                .read(move |conn| {
                    let written = leads::dump(conn, &key, !hashes, &mut out)?;
                    out.flush()?;
                    Ok(written)
                })
                .await?;
            println!("{written} entries");
            Ok(())
        }
        LedgerAct::Checkpoint => {
            match leads::checkpoint::sign_and_keep(&app).await? {
                Some(checkpoint) => print!("{}", checkpoint.note),
                None => println!("the ledger is empty"),
            }
            Ok(())
        }
    }
}

/// What comes with the program: units, parks, guides and policies.
async fn seed(app: &App) -> Result<(), AppError> {
    let (seeds, now, demo) = (app.config.seeds_dir.clone(), app.now(), app.config.demo);
    app.db.write(move |conn| libraries::seed(conn, &seeds, now, demo)).await
}

/// The jobs of every room.
fn work() -> Vec<Job> {
    let mut work = notifications::JOBS.to_vec();
    work.extend_from_slice(pushes::JOBS);
    work.extend_from_slice(content_checks::JOBS);
    work.extend_from_slice(talks::jobs::JOBS);
    work.extend_from_slice(leads::JOBS);
    work.push(Job {
        name: "expire_agreements",
        every: Duration::from_secs(60),
        on_outbox: false,
        run: |app| Box::pin(signings::jobs::expire_agreements(app)),
    });
    work.push(Job {
        name: "remind_of_ends",
        every: Duration::from_secs(600),
        on_outbox: false,
        run: |app| Box::pin(signings::jobs::remind_of_ends(app)),
    });
    work.push(Job {
        name: "remind_stale_sites",
        every: Duration::from_secs(1800),
        on_outbox: false,
        run: |app| Box::pin(libraries::map::jobs::remind_stale_sites(app)),
    });
    work.push(Job {
        name: "lapse_pursuits",
        every: Duration::from_secs(600),
        on_outbox: false,
        run: |app| Box::pin(enterprises::jobs::lapse_pursuits(app)),
    });
    work.push(Job {
        name: "remind_of_endings",
        every: Duration::from_secs(1800),
        on_outbox: false,
        run: |app| Box::pin(institutions::jobs::remind_of_endings(app)),
    });
    work.push(Job {
        name: "stamp_agreements",
        every: Duration::from_secs(30),
        on_outbox: false,
        run: |app| Box::pin(signings::jobs::stamp_agreements(app)),
    });
    work.push(Job {
        name: "archive_agreements",
        every: Duration::from_secs(10),
        on_outbox: false,
        run: |app| Box::pin(signings::jobs::archive_agreements(app)),
    });
    work.push(Job {
        name: "follow_flows",
        every: Duration::from_secs(5),
        on_outbox: false,
        run: |app| Box::pin(signings::outside::follow_flows(app)),
    });
    work.push(Job {
        name: "anchor_evidence",
        every: Duration::from_secs(3600),
        on_outbox: false,
        run: |app| Box::pin(signings::anchor::anchor_evidence(app)),
    });
    work.push(Job {
        name: "tidy",
        every: Duration::from_secs(3600),
        on_outbox: false,
        run: |app| Box::pin(tidy(app)),
    });
    work
}

/// Forgets old keys of idempotency and quiet callers.
async fn tidy(app: App) -> Result<(), AppError> {
    let now = app.now();
    app.limiter.tidy();
    app.db.write(move |conn| idempotency::tidy(conn, now)).await.map(|_| ())
}

fn write_documents(folder: &std::path::Path, check: bool) -> Result<(), CommandError> {
    std::fs::create_dir_all(folder)?;
    for (name, text) in [("openapi.json", openapi::json_text()), ("terms.json", openapi::terms_text())] {
        let path = folder.join(name);
        if check && std::fs::read_to_string(&path).unwrap_or_default() != text {
            return Err(CommandError::Stale(path));
        }
        std::fs::write(path, text)?;
    }
    Ok(())
}
