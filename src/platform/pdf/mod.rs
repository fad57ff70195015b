//! Paper: setting it, adding to it without touching what is there, signing it, judging it.

pub mod annex;
mod archive;
pub mod examiner;
pub mod field;
pub mod increment;
pub mod paper;
mod read;
mod revision;
pub mod shop;
pub mod verify;

pub use annex::{Annex, AnnexFault};
pub use archive::{ValidationData, archive, certificates};
pub use examiner::{Bounds, Examiner};
pub use field::{FieldError, FieldPlace, Signing, field_size, lock, prepare, sign, stamp_last};
pub use paper::{Paper, PaperEngine, PaperError, Sheet, SigBox, TextPart};
pub use read::{MAX_FILE, ReadError};
pub use shop::{PaperShop, set};
pub use verify::{DocumentStamp, Examination, Finding, LongTerm, SignatureRow, Verdict, examine};

#[cfg(test)]
pub mod testing;
