//! Random ways of a lead through clashes, screenings, handovers, returns and lapses: the shares are whole at every end.
use diesel::prelude::*;

use crate::deals::leads::credit::{CreditPart, CreditRule, parties, weigh};
use crate::deals::leads::handover::{Handover, HandoverState};
use crate::deals::leads::lead::{Lead, LeadId, LeadState};
use crate::deals::leads::likeness_review::{
    LikenessDecision, LikenessReview, LikenessReviewId, LikenessState,
};
use crate::deals::leads::rules::Standing;
use crate::deals::leads::screening::{Screening, ScreeningId, ScreeningOutcome};
use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::people::auth::AccountId;
use crate::people::auth::TaskForce;
use crate::platform::clock::Time;
use crate::platform::db::{self, DatabaseSettings, DbConn};
use crate::schema::lead_likeness_reviews;

const PATHS: usize = 10_000;

/// All that follows comes from one seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// How many parts of each kind a path has made.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    first: usize,
    later: usize,
    passed_on: usize,
    landed: usize,
}

struct Walker<'a> {
    conn: &'a mut DbConn,
    dice: Dice,
    leads: usize,
    now: Time,
}

impl Walker<'_> {
    fn submit(&mut self) -> Result<Lead, AppError> {
        self.leads += 1;
        let n = self.leads;
        let lead = Lead {
            id: LeadId::fresh(),
            number: format!("L2026-{n:06}"),
            enterprise_name: format!("第{n}号示例竹业"),
            credit_code: None,
            contact_name: "王示例".to_owned(),
            contact_phone: format!("190{n:08}"),
            industry: Industry::Bamboo,
            intention: "建厂".to_owned(),
            submitted_for: None,
            submitted_by: AccountId::fresh(),
            submitted_by_unit: (self.dice.below(2) == 0).then(|| "unit".to_owned()),
            submitted_at: self.now,
            salt: n.to_string(),
            name_key: n.to_string(),
            name_stem: n.to_string(),
            state: LeadState::Submitted,
            standing: Standing::First,
            unit_id: None,
            task_force: None,
        };
        lead.insert(self.conn)?;
        Ok(lead)
    }

    /// Another lead that is like this one; whether a person found them the same.
    fn clash(&mut self, lead: &Lead) -> Result<bool, AppError> {
        let other = self.submit()?;
        let ruled = self.dice.below(4);
        let decision = match ruled {
            0 => None,
            1 => Some(LikenessDecision::Different),
            _ => Some(LikenessDecision::Same),
        };
        let first = if ruled == 2 { &lead.id } else { &other.id };
        let same = decision == Some(LikenessDecision::Same);
        let (one, two) = if self.dice.below(2) == 0 { (&lead.id, &other.id) } else { (&other.id, &lead.id) };
        let review = LikenessReview {
            id: LikenessReviewId::fresh(),
            lead_id: one.clone(),
            earlier_lead_id: two.clone(),
            reasons: "name".to_owned(),
            state: if decision.is_some() { LikenessState::Decided } else { LikenessState::Open },
            opened_at: self.now,
            decision,
            first_lead_id: same.then(|| first.clone()),
            reason: decision.map(|_| "认定".to_owned()),
            decided_by: decision.map(|_| AccountId::fresh()),
            decided_at: decision.map(|_| self.now),
        };
        diesel::insert_into(lead_likeness_reviews::table).values(review).execute(self.conn)?;
        Ok(same)
    }

    fn screen(&mut self, lead: &Lead) -> Result<(), AppError> {
        let screening = Screening {
            id: ScreeningId::fresh(),
            lead_id: lead.id.clone(),
            value: 3,
            fit: 3,
            task_force: TaskForce::Manufacturing,
            outcome: ScreeningOutcome::Keep,
            note: "跟进".to_owned(),
            screened_by: AccountId::fresh(),
            screened_at: self.now,
        };
        screening.insert(self.conn)
    }

    /// From unit to unit until one keeps it, or nobody takes it up any more.
    fn hand_over(&mut self, lead: &Lead, parts: &mut Parts) -> Result<(), AppError> {
        for n in 0..self.dice.below(8) {
            let (unit, by) = (format!("unit-{n}"), AccountId::fresh());
            let offer = Handover::new(lead.id.clone(), unit, None, by.clone(), self.now, self.now);
            offer.insert(self.conn)?;
            match self.dice.below(4) {
                // Still offered.
                0 => return Ok(()),
                1 => {
                    let why = Some("不符合园区方向".to_owned());
                    offer.answer(self.conn, HandoverState::Returned, why, &by, self.now)?;
                    parts.passed_on += 1;
                }
                2 => Handover::lapse(self.conn, &lead.id, "到期未答复", self.now)?,
                _ => {
                    offer.answer(self.conn, HandoverState::Accepted, None, &by, self.now)?;
                    if self.dice.below(2) == 0 {
                        parts.landed = 1;
                        return Ok(());
                    }
                    // Accepted, and then let lie.
                    Handover::lapse(self.conn, &lead.id, "未推进", self.now)?;
                }
            }
        }
        Ok(())
    }

    fn path(&mut self) -> Result<(Lead, Parts), AppError> {
        let lead = self.submit()?;
        let mut parts = Parts { first: 1, ..Parts::default() };
        for _ in 0..self.dice.below(4) {
            parts.later += usize::from(self.clash(&lead)?);
        }
        for _ in 0..self.dice.below(3) {
            self.screen(&lead)?;
        }
        self.hand_over(&lead, &mut parts)?;
        Ok((lead, parts))
    }

    fn rule(&mut self) -> CreditRule {
        let mut weight = || i32::try_from(self.dice.below(1001)).unwrap_or_default();
        CreditRule {
            version: 1,
            effective_at: self.now,
            first_contact: weight(),
            later_contact: weight(),
            negotiation: weight(),
            passing_on: weight(),
            landing: weight(),
            reason: String::new(),
            set_by: None,
            set_at: self.now,
        }
    }
}

#[test]
fn the_shares_are_whole_at_the_end_of_ten_thousand_ways() {
    let folder = tempfile::tempdir().unwrap();
    let settings = DatabaseSettings {
        url: format!("sqlite://{}", folder.path().join("palm.db").display()),
        connections: 1,
        unsafe_for_tests: true,
        single_commit: false,
    };
    db::migrate(&settings).unwrap();
    let mut conn = db::connect(&settings).unwrap();
    // Whose accounts and units they are has no part in this.
    for sql in ["PRAGMA foreign_keys = OFF", "BEGIN"] {
        diesel::sql_query(sql).execute(&mut conn).unwrap();
    }
    let now = Time::from_millis(1_790_000_000_000);
    let mut walker = Walker { conn: &mut conn, dice: Dice(20_261_128), leads: 0, now };
    for n in 0..PATHS {
        let (lead, due) = walker.path().unwrap();
        let rule = walker.rule();
        let found = parties(walker.conn, &lead).unwrap();
        let count = |part| found.iter().filter(|party| party.part == part).count();
        let parts = Parts {
            first: count(CreditPart::FirstContact),
            later: count(CreditPart::LaterContact),
            passed_on: count(CreditPart::PassingOn),
            landed: count(CreditPart::Landing),
        };
        assert_eq!(parts, due, "way {n}");
        let shares = weigh(&found, |part| rule.weight(part));
        let total: u32 = shares.iter().map(|(_, _, share)| share).sum();
        assert_eq!((total, shares.len()), (10_000, found.len()), "way {n}: {found:?}");
    }
}
