//! 协议文本: the Typst sources of the agreements and of the mark that a signature leaves.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::platform::clock::Time;
use crate::platform::pdf::{Paper, PaperEngine, PaperError, Sheet};

/// Any agreement, from what a version of its template composes; the head of the source says what data it reads.
pub const AGREEMENT: &str = include_str!("agreement.typ");
/// 投资合作框架协议 as it comes with the program: the content of its first version, which the tables hold too.
pub const FRAMEWORK_AGREEMENT: &str = include_str!("framework_agreement.json");
/// 协议解除书, likewise.
pub const RESCISSION_AGREEMENT: &str = include_str!("rescission_agreement.json");
/// 存证报告; the head of the source says what data it reads.
pub const EVIDENCE_REPORT: &str = include_str!("evidence_report.typ");
/// 签约仪式海报.
pub const CEREMONY_POSTER: &str = include_str!("ceremony_poster.typ");
const MARK: &str = include_str!("mark.typ");

/// Largest handwriting picture, in bytes.
pub const MAX_HANDWRITING: usize = 200 * 1024;
/// Largest side of a handwriting picture, in pixels: a small file may unfold to gigabytes.
const MAX_SIDE: u32 = 2400;
const PNG_HEAD: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// Why a signature has no look.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    #[error("the handwriting is no PNG picture")]
    NotPng,
    #[error("the handwriting is larger than {MAX_HANDWRITING} bytes or {MAX_SIDE} pixels a side")]
    TooLarge,
    #[error("the mark could not be drawn")]
    Paper(#[from] PaperError),
}

/// A seal inside a signature.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// PNG with a transparent ground, from the register of seals.
    pub png: &'a [u8],
    pub name: &'a str,
    /// A demo seal says so on the page.
    pub demo: bool,
}

/// What one signature shows on the page.
#[derive(Debug, Clone, Copy)]
pub struct Mark<'a> {
    pub signer_name: &'a str,
    /// PNG with a transparent ground; without it the name is set in type.
    pub handwriting: Option<&'a [u8]>,
    pub seal: Option<Stamp<'a>>,
    pub signed_at: DateTime<Utc>,
    /// Upper-case hex.
    pub certificate_serial: &'a str,
    /// Millimetres of the signature box.
    pub size_mm: (f32, f32),
}

impl Mark<'_> {
    /// Draws the mark as a one-page PDF of the box's size.
    ///
    /// # Errors
    /// When the picture is not usable, or the name has a character without a glyph.
    pub fn draw(&self, engine: &PaperEngine) -> Result<Paper, MarkError> {
        if let Some(png) = self.handwriting {
            check_handwriting(png)?;
        }
        let (width, height) = self.size_mm;
        let local = Time::from(self.signed_at).in_china();
        let data = json!({
            "w": width,
            "h": height,
            "name": self.signer_name,
            "time": local.format("%Y-%m-%d %H:%M:%S").to_string(),
            "serial": shortened(self.certificate_serial),
            "handwritten": self.handwriting.is_some(),
            "seal": self.seal.map(|seal| json!({"name": seal.name, "demo": seal.demo})),
        });
        let handwriting = self.handwriting.map(|png| ("/handwriting.png", png));
        let seal = self.seal.map(|seal| ("/seal.png", seal.png));
        let pictures: Vec<(&'static str, &[u8])> = handwriting.into_iter().chain(seal).collect();
        let sheet =
            Sheet { template: MARK, data: &data, files: &pictures, date: local.date(), tagged: false };
        Ok(engine.render(&sheet)?)
    }
}

/// Whether the picture is a PNG small enough to be unfolded.
///
/// # Errors
/// When it is not.
pub fn check_handwriting(png: &[u8]) -> Result<(), MarkError> {
    if png.len() > MAX_HANDWRITING {
        return Err(MarkError::TooLarge);
    }
    let sides =
        png.strip_prefix(PNG_HEAD).and_then(|rest| rest.first_chunk::<8>()).ok_or(MarkError::NotPng)?;
    let [w0, w1, w2, w3, h0, h1, h2, h3] = *sides;
    let fits = |side: u32| (1..=MAX_SIDE).contains(&side);
    if fits(u32::from_be_bytes([w0, w1, w2, w3])) && fits(u32::from_be_bytes([h0, h1, h2, h3])) {
        Ok(())
    } else {
        Err(MarkError::TooLarge)
    }
}

/// First and last six digits: enough to find the certificate, short enough to be read.
fn shortened(serial: &str) -> String {
    const KEPT: usize = 6;
    let tail = serial.len().checked_sub(KEPT).filter(|at| *at > KEPT).and_then(|at| serial.get(at..));
    match (serial.get(..KEPT), tail) {
        (Some(head), Some(tail)) => format!("{head}…{tail}"),
        _ => serial.to_owned(),
    }
}

#[cfg(test)]
mod story;
#[cfg(test)]
mod tests;
