//! How contributions are counted: each row once, in the year of its own day. Pure.
use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

crate::text_enum! {
    /// A figure, and so the rows behind it.
    pub enum ContributionFigure {
        Leads = "leads", "提交信息", "Leads";
        First = "first", "首次接触", "First contacts";
        Projects = "projects", "转为项目", "Projects";
        Signed = "signed", "签约项目", "Signed";
    }
}

/// One row as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    pub figure: ContributionFigure,
    /// In China
    pub year: i32,
    /// Of a signed project, when the agreement says it
    pub fen: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Figures {
    /// By the day of submission
    pub leads: i64,
    /// Of those, found to be the first contact
    pub first: i64,
    /// By the day on which they were opened
    pub projects: i64,
    /// By the day of signing
    pub signed: i64,
    /// What the agreements commit; absent when none says it
    pub signed_fen: Option<i64>,
    /// Signed projects whose amount is not known: they are not in the sum
    pub signed_without_amount: i64,
}

impl Figures {
    fn add(&mut self, row: &Counted) {
        match row.figure {
            ContributionFigure::Leads => self.leads += 1,
            ContributionFigure::First => self.first += 1,
            ContributionFigure::Projects => self.projects += 1,
            ContributionFigure::Signed => {
                self.signed += 1;
                match row.fen {
                    Some(fen) => self.signed_fen = Some(self.signed_fen.unwrap_or(0).saturating_add(fen)),
                    None => self.signed_without_amount += 1,
                }
            }
        }
    }
}

/// All years together, and each year that has a row, the latest first: a year without rows is no year of zeroes.
pub fn count(rows: &[Counted]) -> (Figures, Vec<(i32, Figures)>) {
    let (mut all, mut years) = (Figures::default(), BTreeMap::<i32, Figures>::new());
    for row in rows {
        all.add(row);
        years.entry(row.year).or_default().add(row);
    }
    (all, years.into_iter().rev().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(figure: ContributionFigure, year: i32, fen: Option<i64>) -> Counted {
        Counted { figure, year, fen }
    }

    #[test]
    fn a_year_without_rows_is_absent_and_an_unknown_amount_is_no_zero() {
        use ContributionFigure::{Leads, Projects, Signed};
        assert_eq!(count(&[]), (Figures::default(), Vec::new()));
        let rows = [
            row(Leads, 2024, None),
            row(Leads, 2026, None),
            row(Projects, 2026, None),
            row(Signed, 2026, None),
        ];
        let (all, years) = count(&rows);
        assert_eq!(years.iter().map(|(year, _)| *year).collect::<Vec<_>>(), [2026, 2024]);
        assert_eq!((all.leads, all.signed, all.signed_fen, all.signed_without_amount), (2, 1, None, 1));
        let (all, _) =
            count(&[row(Signed, 2026, Some(5)), row(Signed, 2025, Some(7)), row(Signed, 2025, None)]);
        assert_eq!((all.signed, all.signed_fen, all.signed_without_amount), (3, Some(12), 1));
    }
}
