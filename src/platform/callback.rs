//! What callbacks have in common: why one is not believed, and what a meeting service says in one; with Tencent's a SHA-1
//! over sorted parts, and AES-256-CBC whose key brings its own initial vector.
use aws_lc_rs::cipher::{AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::engine::{Engine, GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde_json::Value;
use sha1::{Digest, Sha1};

/// `EncodingAESKey` is 43 characters, whose last may have bits to spare.
const KEY_CHARACTERS: usize = 43;
const SPARING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);
/// Padding counts in blocks of 32, twice the cipher's; some senders count in blocks of 16.
const PADDING: usize = 32;

/// Why a webhook is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    #[error("the signature does not fit")]
    Forged,
    #[error("what is encrypted cannot be opened")]
    Undecipherable,
    #[error("it is not of the documented form")]
    Malformed,
}

/// One event of a meeting; what it is about is asked for before it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEvent {
    /// Names it among repeats
    pub id: String,
    /// Such as `meeting.started`
    pub name: String,
    pub meeting_id: String,
    /// Milliseconds since 1970; `None` where the service gave another form
    pub at_millis: Option<i64>,
    /// Who came or went, by the service's own name for them
    pub person: Option<String>,
    /// And by the id under which they were let in, where we gave them one
    pub identity: Option<String>,
}

/// A text, or a number where a text is promised.
pub fn text_at(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether `signature` is the hex SHA-1 over the token and the parts in the order of their bytes.
pub fn is_signed(token: &SecretString, parts: &[&str], signature: &str) -> bool {
    let mut sorted = vec![token.expose_secret()];
    sorted.extend(parts);
    sorted.sort_unstable();
    let due = Sha1::digest(sorted.concat());
    hex::decode(signature).is_ok_and(|given| verify_slices_are_equal(due.as_slice(), &given).is_ok())
}

/// The 32 bytes of a console's `EncodingAESKey`; `None` when it is none.
pub fn encoding_key(text: &str) -> Option<SecretSlice<u8>> {
    if text.len() != KEY_CHARACTERS || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let bytes = SPARING.decode(format!("{text}=")).ok()?;
    (bytes.len() == 32).then(|| bytes.into())
}

/// What was encrypted with AES-256-CBC under `key`, whose first half is the initial vector, and written as base64.
pub fn opened(key: &[u8], encrypted: &str) -> Option<Vec<u8>> {
    let mut bytes = STANDARD.decode(encrypted).ok()?;
    let iv: [u8; 16] = key.get(..16)?.try_into().ok()?;
    let opening = DecryptingKey::cbc(UnboundCipherKey::new(&AES_256, key).ok()?).ok()?;
    let plain = opening.decrypt(&mut bytes, DecryptionContext::Iv128(iv.into())).ok()?;
    unpadded(plain).map(<[u8]>::to_vec)
}

fn unpadded(plain: &[u8]) -> Option<&[u8]> {
    let count = usize::from(*plain.last()?);
    let kept = plain.len().checked_sub(count).filter(|_| (1..=PADDING).contains(&count))?;
    let (whole, padding) = plain.split_at_checked(kept)?;
    padding.iter().all(|byte| usize::from(*byte) == count).then_some(whole)
}

/// Vectors of one kind that another program made: tests/wechat/make_tencent_vectors.py.
#[cfg(test)]
pub fn unseen(kind: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("../../tests/vectors/tencent_unseen.json")).unwrap();
    file[kind].as_array().unwrap().clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_up_to_32_and_all_alike() {
        for count in 1..=32_u8 {
            let padded = [vec![7; 40], vec![count; count.into()]].concat();
            assert_eq!(unpadded(&padded).unwrap(), vec![7; 40], "{count}");
        }
        assert_eq!(unpadded(&[33; 64]), None);
        assert_eq!(unpadded(&[1, 2, 0]), None);
        assert_eq!(unpadded(&[9, 3, 2, 3]), None);
        assert_eq!(unpadded(&[5, 5]), None);
        assert_eq!(unpadded(&[]), None);
    }
}
