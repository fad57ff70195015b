//! Finding by name, code, sound and in spite of a typing error. Pure: no tables, no clock, no HTTP.
//!
//! `fit` says what fits and how well; `index` only spares it from looking at everything.
pub mod entry;
pub mod fit;
pub mod index;
pub mod sound;
#[cfg(test)]
mod tests;
pub mod text;
pub mod typing;
