//! The commands of `palm`.
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::app::{App, StartError};
use crate::config::Config;
use crate::error::AppError;
use crate::platform::db;
use crate::{demo, openapi, server};

#[derive(Debug, Parser)]
#[command(name = "palm", version, about = "掌上招商平台 · Palm investment platform")]
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
    /// Write openapi.json and terms.json, or check that they are current
    Openapi {
        #[arg(long, default_value = "openapi")]
        folder: PathBuf,
        /// Fail when the files differ instead of writing them
        #[arg(long)]
        check: bool,
    },
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
    #[error("{0} is stale: run `palm openapi`")]
    Stale(PathBuf),
}

/// Runs one command.
pub async fn run(cli: Cli) -> Result<(), CommandError> {
    match cli.command {
        Command::Openapi { folder, check } => write_documents(&folder, check),
        Command::Migrate => {
            cli.config.check().map_err(StartError::from)?;
            let ran = db::migrate(&cli.config.database())?;
            println!("{ran} migrations ran");
            Ok(())
        }
        Command::Serve => {
            cli.config.check().map_err(StartError::from)?;
            db::migrate(&cli.config.database())?;
            let app = App::open(cli.config).await?;
            Ok(server::serve(app).await?)
        }
        Command::Demo => {
            cli.config.check().map_err(StartError::from)?;
            db::migrate(&cli.config.database())?;
            let app = App::open(cli.config).await?;
            let people = demo::fill(&app).await?;
            print!("{}", demo::introduction(&app, &people));
            Ok(())
        }
        Command::Worker => {
            let _app = App::open(cli.config).await?;
            tokio::signal::ctrl_c().await?;
            Ok(())
        }
    }
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
