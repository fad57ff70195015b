//! The signed file of a service outside: what our own verifier sees in it, and whose text it is.
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::signings::agreement::{AgreementId, Whole};
use crate::deals::signings::evidence::{By, Evidence, EvidenceAction};
use crate::deals::signings::sealing;
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::hash_chain::sha256_hex;
use crate::platform::pdf::{Examination, Verdict};
use crate::schema::agreement_revisions;

/// Earlier states of a file that are looked for in the register.
const STATES: usize = 32;
const END_OF_FILE: &[u8] = b"%%EOF";

crate::text_enum! {
    /// What was found in the signed file of a service outside.
    pub enum OutsideFinding {
        Trusted = "trusted", "签名有效，签署人证书受信任", "The signatures are valid and their certificates believed";
        Intact = "intact", "签名完整，签署内容未改动；签署人证书由服务方签发，本平台未核验", "The signatures are intact and what they cover was not changed; the certificates are the service's and were not checked here";
        Unsigned = "unsigned", "文件里没有电子签名", "The file carries no electronic signature";
        Changed = "changed", "文件在签署后被改动，或签名无效", "The file was changed after signing, or a signature is invalid";
        OtherAgreement = "other_agreement", "这是另一份协议的文件", "It is another agreement's file";
        Unreadable = "unreadable", "文件无法读取", "The file cannot be read";
    }
}
crate::text_enum! {
    /// What stands beneath the signatures of a service's file.
    pub enum OutsideText {
        Sent = "sent", "以送签的文件为底本", "Grown from the very file that was sent";
        Other = "other", "以另一份协议的文件为底本", "Grown from another agreement's file";
        Unknown = "unknown", "服务方改写过文件，无法核对正文", "The service rewrote the file; its text could not be compared";
    }
}

impl OutsideFinding {
    /// Whether the file may become the agreement's.
    pub const fn is_taken(self) -> bool {
        matches!(self, Self::Trusted | Self::Intact)
    }
}

/// What was found in a service's file; a part of the evidence.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OutsideCheck {
    pub document_sha256: String,
    pub finding: OutsideFinding,
    pub text: OutsideText,
    /// The verifier's own word
    pub verdict: Verdict,
    /// The name in each signature's certificate, in the order in which they were made
    pub signers: Vec<String>,
}

impl OutsideCheck {
    /// Looks at a file that is said to be the agreement's, in a process of its own.
    pub async fn make(app: &App, whole: &Whole, file: &[u8]) -> Result<Self, AppError> {
        let seen = app.examiner.examine(file, &app.trust(), app.now().utc()).await?;
        let sent = sealing::bytes(app, whole.head()?.0.clone()).await?;
        let text = if file.starts_with(&sent) {
            OutsideText::Sent
        } else {
            let (id, states) = (whole.agreement.id.clone(), states(file));
            let other = app.read(move |conn| is_of_another(conn, &id, &states)).await?;
            if other { OutsideText::Other } else { OutsideText::Unknown }
        };
        Ok(Self {
            document_sha256: sha256_hex(file),
            finding: finding(&seen, text),
            text,
            verdict: seen.verdict,
            signers: seen.signatures.into_iter().map(|row| row.signer).collect(),
        })
    }

    /// The newest in an agreement's evidence.
    pub fn newest(chain: &[Evidence]) -> Option<Self> {
        let entry = chain.iter().rfind(|entry| entry.action == EvidenceAction::Checked)?;
        serde_json::from_str(&entry.payload).ok()
    }

    /// Adds it to the evidence.
    pub fn keep(&self, conn: &mut DbConn, id: &AgreementId, now: Time) -> Result<(), AppError> {
        Evidence::append(conn, id, By::HOUSE, EvidenceAction::Checked, &json!(self), now)?;
        Ok(())
    }
}

fn finding(seen: &Examination, text: OutsideText) -> OutsideFinding {
    match seen.verdict {
        _ if text == OutsideText::Other => OutsideFinding::OtherAgreement,
        Verdict::Valid | Verdict::ValidUnstamped => OutsideFinding::Trusted,
        // Whose certificate it is, is the service's affair; that nothing was changed is ours.
        Verdict::Untrusted | Verdict::PartlySigned | Verdict::TrailingBytes => OutsideFinding::Intact,
        Verdict::Tampered => OutsideFinding::Changed,
        Verdict::Unsigned => OutsideFinding::Unsigned,
        Verdict::Unreadable => OutsideFinding::Unreadable,
    }
}

/// SHA-256 of the file as it was at each of its ends, with and without a line's end behind it.
fn states(file: &[u8]) -> Vec<String> {
    let marks = file.windows(END_OF_FILE.len()).enumerate().filter(|(_, window)| *window == END_OF_FILE);
    let ends = marks.map(|(at, _)| at + END_OF_FILE.len()).flat_map(|end| [end, end + 1]);
    let (mut hash, mut done, mut states) = (Sha256::new(), 0, Vec::new());
    for end in ends.filter(|end| *end <= file.len()).take(STATES) {
        hash.update(file.get(done..end).unwrap_or_default());
        done = end;
        states.push(hex::encode(hash.clone().finalize()));
    }
    states
}

fn is_of_another(conn: &mut DbConn, id: &AgreementId, states: &[String]) -> Result<bool, AppError> {
    use agreement_revisions as t;
    let others = t::table.filter(t::sha256.eq_any(states)).filter(t::agreement_id.ne(id));
    let found: i64 = others.count().get_result(conn)?;
    Ok(found > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_of_a_file_is_a_state_of_it() {
        let file = b"%PDF-1.7\n1%%EOF\n2%%EOF";
        let known = states(file);
        for state in [&file[..15], &file[..16], &file[..]] {
            assert!(known.contains(&sha256_hex(state)), "{}", state.len());
        }
        assert_eq!(known.len(), 3);
        assert!(states(b"nothing").is_empty());
    }
}
