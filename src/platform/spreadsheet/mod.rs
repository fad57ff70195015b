//! Workbooks: columns with their rules, a template to fill in, and rows read from a file that may be hostile.
//!
//! A room lists its [`Column`]s once. The template, the check of every cell and the words of every refusal follow
//! from that list. Files are unpacked in a process of their own with little memory and little time ([`reader`]).
mod column;
pub mod reader;
mod sheet;
mod template;

pub use column::{Choice, Column, Kind, Row, RowError, choices, misfit, rows};
pub use reader::Cell;
pub use template::{MOST_EXPORTED, Title, WORKBOOK, template};
