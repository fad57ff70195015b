//! 宣传专栏: investment guides and policies, as data for the app and as plain pages that need no script (article 14).
mod api;
mod feed;
mod html;
mod markdown;
mod matching;
mod page;
mod policy;
mod rules;
mod seed;

pub use api::routes;
pub use html::pages;
pub use page::{ContentPage, PageKind};
pub use policy::{CapitalOrigin, PolicyAspect};
pub use seed::seed;
