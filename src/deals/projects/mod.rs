//! 项目管理库: a project from its first talk to full production, its stages dated and never rewritten (articles 5, 8, 13).
mod api;
mod project;
mod stage;

pub use api::routes;
pub use project::{By, NewProject, Project, ProjectId, note_agreement, record_stage};
pub use stage::Stage;
