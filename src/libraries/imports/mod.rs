//! Workbooks of the libraries: one way to check, write and take back the rows of each, and to export them.
pub mod api;
mod import;
mod judge;
mod library;

pub use import::{LibraryImport, LibraryImportId, LibraryImportState};
pub use library::{Known, Library, LibraryName, Misfit};
