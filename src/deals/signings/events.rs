//! What the rest of the house hears of agreements: a notice for whoever has to know.
use serde::{Deserialize, Serialize};

use crate::platform::outbox::Event;

/// A party is asked to sign, or all have signed, or one refused, or it was revoked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AgreementChanged {
    pub agreement_id: String,
    pub reader_ids: Vec<String>,
    pub title_zh: String,
    pub title_en: String,
    pub body_zh: String,
    pub body_en: String,
    pub link: String,
}

impl Event for AgreementChanged {
    const NAME: &'static str = "AgreementChanged";
}
