//! 全站搜索: one box over everything that the asker may see, each thing as its own room lets them read it.
mod api;
mod catalogue;
mod current;
pub mod engine;
mod kind;

pub use api::routes;
pub use current::warm;
pub use engine::fit::SearchReason;
pub use kind::SearchKind;
