//! Judging a stranger's file, or making an annex of it, in a process of its own, bounded in time and memory.
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;

use super::annex::{self, Annex, AnnexFault};
use super::verify::{Examination, examine};
use crate::error::AppError;
use crate::platform::pki::Trust;

/// Largest answer that is read back, in bytes: a judgement, or an annex with a line before it.
const MAX_ANSWER: u64 = 20 * 1024 * 1024;
const AT_ONCE: usize = 2;

/// What one judgement may cost.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Seconds of a processor; by the clock it may take three times as long.
    pub seconds: u64,
    /// Megabytes of address space.
    pub megabytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { seconds: 10, megabytes: 1024 }
    }
}

/// Starts the program itself again for each file, as `palm judge`.
pub struct Examiner {
    program: PathBuf,
    bounds: Bounds,
    hands: Semaphore,
}

/// What the process is told before the file.
#[derive(Debug, Serialize, Deserialize)]
struct Brief {
    now: DateTime<Utc>,
    roots: String,
    stamp_roots: String,
    /// An annex is wanted instead of a judgement.
    annex: bool,
}

impl Examiner {
    pub fn new(program: PathBuf, bounds: Bounds) -> Self {
        Self { program, bounds, hands: Semaphore::new(AT_ONCE) }
    }

    /// Judges a file. One that breaks its bounds, or the reader itself, gets a judgement that says so.
    pub async fn examine(
        &self,
        pdf: &[u8],
        trust: &Trust,
        now: DateTime<Utc>,
    ) -> Result<Examination, AppError> {
        let _hand = self.hands.acquire().await.map_err(AppError::internal)?;
        let (roots, stamp_roots) = trust.pem().map_err(AppError::internal)?;
        let answer = self.answer(&Brief { now, roots, stamp_roots, annex: false }, pdf).await?;
        let judged = serde_json::from_slice(&answer).ok();
        Ok(judged.unwrap_or_else(|| Examination::too_costly(pdf)))
    }

    /// Makes an annex of a file, or says what is wrong with it.
    pub async fn annex(&self, pdf: &[u8], now: DateTime<Utc>) -> Result<Result<Annex, AnnexFault>, AppError> {
        let _hand = self.hands.acquire().await.map_err(AppError::internal)?;
        let brief = Brief { now, roots: String::new(), stamp_roots: String::new(), annex: true };
        let answer = self.answer(&brief, pdf).await?;
        let mut parts = answer.splitn(2, |byte| *byte == b'\n');
        let said: Option<Result<usize, AnnexFault>> =
            parts.next().and_then(|line| serde_json::from_slice(line).ok());
        let made = parts.next().unwrap_or_default().to_vec();
        Ok(said.unwrap_or(Err(AnnexFault::TooCostly)).map(|pages| Annex { pdf: made, pages }))
    }

    /// What the process printed; nothing when it broke its bounds.
    async fn answer(&self, brief: &Brief, pdf: &[u8]) -> Result<Vec<u8>, AppError> {
        let mut told = serde_json::to_vec(brief).map_err(AppError::internal)?;
        told.push(b'\n');
        told.extend(pdf);
        let wall = Duration::from_secs(self.bounds.seconds * 3);
        let answer = tokio::time::timeout(wall, self.ask(told)).await;
        Ok(answer.ok().transpose()?.unwrap_or_default())
    }

    async fn ask(&self, told: Vec<u8>) -> Result<Vec<u8>, AppError> {
        // The shell sets the limits and becomes the program.
        let limited = format!(
            "ulimit -t {} && ulimit -v {} && exec \"$0\" judge",
            self.bounds.seconds,
            self.bounds.megabytes * 1024
        );
        let mut child = Command::new("/bin/sh")
            .arg("-c")
            .arg(limited)
            .arg(&self.program)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (Some(mut stdin), Some(stdout)) = (stdin, stdout) else {
            return Err(AppError::internal("the judging process has no pipes"));
        };
        let tell = async move {
            // A process that was ended reads no further; what it printed tells the rest.
            let _ = stdin.write_all(&told).await;
            drop(stdin);
        };
        let mut text = Vec::new();
        let mut limited = stdout.take(MAX_ANSWER);
        let (_, heard) = futures_util::future::join(tell, limited.read_to_end(&mut text)).await;
        heard?;
        let status = child.wait().await?;
        Ok(if status.success() { text } else { Vec::new() })
    }
}

/// The other side: reads the brief and the file from the standard input and prints the judgement.
pub fn judge_standard_input() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    use std::io::{BufRead, Read, Write};
    let mut input = std::io::stdin().lock();
    let mut line = String::new();
    input.read_line(&mut line)?;
    let brief: Brief = serde_json::from_str(&line)?;
    let mut pdf = Vec::new();
    input.read_to_end(&mut pdf)?;
    if brief.annex {
        let made = annex::normalised(&pdf);
        let said: Result<usize, AnnexFault> = made.as_ref().map(|annex| annex.pages).map_err(|fault| *fault);
        let mut answer = serde_json::to_vec(&said)?;
        answer.push(b'\n');
        answer.extend(made.map(|annex| annex.pdf).unwrap_or_default());
        std::io::stdout().lock().write_all(&answer)?;
        return Ok(());
    }
    let mut trust = Trust::nobody();
    if !brief.roots.is_empty() {
        trust = Trust::from_pem(brief.roots.as_bytes())?;
    }
    if !brief.stamp_roots.is_empty() {
        trust = trust.and_stamps_from(brief.stamp_roots.as_bytes())?;
    }
    let judged = examine(&pdf, &trust, brief.now);
    std::io::stdout().lock().write_all(&serde_json::to_vec(&judged)?)?;
    Ok(())
}
