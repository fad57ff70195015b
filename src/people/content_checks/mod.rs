//! 内容安全: what people send from the mini-program is judged by WeChat, and by a person where WeChat does not know.
//!
//! A text is judged before it is written: one that is against the rules is refused. A picture or a sound is judged
//! afterwards and hidden when the verdict says so. Without a verdict it stays visible to the few who may see it, and
//! a person decides. Who is not in the mini-program is not judged: WeChat asks for no more, and talks are confidential.
mod api;
mod check;
mod events;
mod jobs;
mod judge;

pub use api::{outside, routes};
pub use check::{
    CheckCause, CheckState, CheckSubject, ContentLabel, Verdict, submit_file, take_verdict, withheld,
};
pub use jobs::{JOBS, check_contents};
pub use judge::{Judged, WITHHELD, judge};
