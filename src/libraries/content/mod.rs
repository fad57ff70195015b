//! 宣传专栏: investment guides and policies, as data for the app and as plain pages that need no script (article 14).
//! One editor writes a version, another publishes it; what was published is kept, and what is taken down says so.
mod api;
mod difference;
mod events;
mod feed;
mod html;
mod markdown;
mod medium;
mod page;
mod page_content;
mod policy;
mod rules;
mod seed;
mod structured;
mod version;

pub use api::routes;
pub use difference::PagePart;
pub use feed::{XML, both_languages, url_set};
pub use html::{Frame, HTML, Language as PageLanguage, base, demo_mark, pages, reading};
pub use medium::MediumKind;
pub use page::{ContentPage, PageKind};
pub use policy::{CapitalOrigin, PolicyAspect, SiteNeed};
pub use rules::PageAct;
pub use seed::seed;
pub use structured::embedded;
pub use version::{PageState, PageStepKind};
