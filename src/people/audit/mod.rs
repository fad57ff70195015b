//! 审计: every write and every reveal leaves one line that nobody can change.
mod api;
mod entry;

pub use api::routes;
pub use entry::{Entry, EntryId, Outcome};
