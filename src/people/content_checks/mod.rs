//! 内容安全: what people send from the mini-program is judged by WeChat, and by a person where WeChat does not know.
//!
//! A text is judged before it is written: one that is against the rules is refused. A picture, a sound and what a lead
//! says, whose moment must not be lost, are judged afterwards and hidden when the verdict says so. Without a verdict
//! they stay visible to the few who may see them, and a person decides. Who is not in the mini-program is not judged:
//! WeChat asks for no more, and talks are confidential. Behind the public form stands nobody whom WeChat knows: a
//! person looks.
mod api;
mod check;
mod events;
mod jobs;
mod judge;

pub use api::{outside, routes};
pub use check::{
    CheckCause, CheckState, CheckSubject, ContentLabel, Verdict, submit_file, submit_text,
    submit_text_of_nobody, take_verdict, withheld,
};
pub use jobs::{JOBS, check_contents};
pub use judge::{Judged, WITHHELD, judge};
