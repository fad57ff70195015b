//! What the rest of the house hears of offers.
use serde::{Deserialize, Serialize};

use crate::deals::offers::offer::Offer;
use crate::people::auth::AccountId;
use crate::platform::outbox::Event;

/// To whoever made the offer: its link was opened for the first time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OfferOpened {
    pub reader_ids: Vec<AccountId>,
    pub title_zh: String,
    pub title_en: String,
    pub body_zh: String,
    pub body_en: String,
    /// Route inside the app
    pub link: String,
}
impl Event for OfferOpened {
    const NAME: &'static str = "OfferOpened";
}

impl OfferOpened {
    pub fn of(offer: &Offer) -> Self {
        Self {
            reader_ids: vec![offer.created_by.clone()],
            title_zh: "一企一页已打开".to_owned(),
            title_en: "Your offer was opened".to_owned(),
            body_zh: format!("{} 首次打开（{}）", offer.investor_name, offer.number),
            body_en: format!("{} opened it for the first time ({})", offer.investor_name, offer.number),
            link: format!("/offers/{}", offer.id),
        }
    }
}
