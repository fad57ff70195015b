//! What a signer agrees to: the words on the screen, which the evidence keeps as they were shown.
use serde::Serialize;
use utoipa::ToSchema;

use crate::platform::hash_chain::sha256_hex;

/// Raised with every change of the words.
const VERSION: i32 = 1;
const TEXTS: [(&str, &str); 2] = [
    ("zh", "我确认已阅读并同意本协议全部内容，同意以电子签名方式签署。"),
    ("en", "I have read and agree to the whole agreement, and agree to sign it electronically."),
];

/// The words in one language.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsentText {
    version: i32,
    /// `zh` or `en`
    language: &'static str,
    text: &'static str,
    /// Of the text in UTF-8; who agrees says by it which words were shown
    sha256: String,
}

impl ConsentText {
    /// As they are now, in every language.
    pub fn all() -> Vec<Self> {
        let one = |(language, text): (&'static str, &'static str)| Self {
            version: VERSION,
            language,
            text,
            sha256: sha256_hex(text),
        };
        TEXTS.into_iter().map(one).collect()
    }

    /// Those that were shown, while they are the ones of now.
    pub fn shown(sha256: &str) -> Option<Self> {
        Self::all().into_iter().find(|text| text.sha256 == sha256)
    }
}
