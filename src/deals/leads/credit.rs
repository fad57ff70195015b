//! A credit slip: whose part in a lead is how large, by which rule, and from which rows. What was made stays.
use diesel::prelude::*;

use crate::deals::leads::contact::Contact;
use crate::deals::leads::handover::{Handover, HandoverState};
use crate::deals::leads::lead::{Lead, LeadId, LeadState};
use crate::deals::leads::likeness_review::LikenessReview;
use crate::deals::leads::rules::{Finding, split};
use crate::deals::leads::screening::Screening;
use crate::deals::leads::setting::ALREADY;
use crate::error::AppError;
use crate::people::auth::{AccountId, Actor, Scope};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::platform::page::{Page, Paging};
use crate::schema::{auth_accounts, lead_credit_rules, lead_credit_shares, lead_credit_slips, leads};

crate::typed_id!(CreditSlipId);
crate::text_enum! {
    /// A part that somebody had in a lead.
    pub enum CreditPart {
        FirstContact = "first_contact", "首次接触", "First contact";
        LaterContact = "later_contact", "后续接触", "Later contact";
        Negotiation = "negotiation", "研判谈判", "Screening and negotiation";
        PassingOn = "passing_on", "转交", "Passing on";
        Landing = "landing", "承接落地", "Landing";
    }
}
crate::text_enum! {
    /// What a slip was made for.
    pub enum CreditCause {
        Acceptance = "acceptance", "接收", "Acceptance";
        Ruling = "ruling", "认定改变", "A changed ruling";
        Project = "project", "转为项目", "A project";
    }
}

/// The weights of the parts from one time on. The table refuses to change it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_credit_rules)]
pub struct CreditRule {
    pub version: i32,
    pub effective_at: Time,
    pub first_contact: i32,
    pub later_contact: i32,
    pub negotiation: i32,
    pub passing_on: i32,
    pub landing: i32,
    pub reason: String,
    pub set_by: Option<AccountId>,
    pub set_at: Time,
}

impl CreditRule {
    pub fn at(conn: &mut DbConn, at: Time) -> Result<Self, AppError> {
        use lead_credit_rules as t;
        Ok(t::table.filter(t::effective_at.le(at)).order(t::effective_at.desc()).first(conn)?)
    }

    pub fn all(conn: &mut DbConn) -> Result<Vec<Self>, AppError> {
        use lead_credit_rules as t;
        Ok(t::table.order(t::version.asc()).load(conn)?)
    }

    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(lead_credit_rules::table)
            .values(self.clone())
            .execute(conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&ALREADY) } else { e.into() })?;
        Ok(())
    }

    pub fn weight(&self, part: CreditPart) -> i32 {
        match part {
            CreditPart::FirstContact => self.first_contact,
            CreditPart::LaterContact => self.later_contact,
            CreditPart::Negotiation => self.negotiation,
            CreditPart::PassingOn => self.passing_on,
            CreditPart::Landing => self.landing,
        }
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_credit_slips)]
pub struct CreditSlip {
    pub id: CreditSlipId,
    pub lead_id: LeadId,
    /// 1 for the first of a lead
    pub number: i32,
    pub rule_version: i32,
    pub cause: CreditCause,
    pub made_at: Time,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_credit_shares)]
pub struct CreditShare {
    pub slip_id: CreditSlipId,
    pub position: i32,
    pub part: CreditPart,
    /// The name as it was then
    pub party: String,
    pub unit_id: Option<String>,
    pub account_id: Option<AccountId>,
    /// The row behind it, as `noun/id`
    pub source: String,
    /// The part's weight in the rule
    pub weight: i32,
    /// How many have the same part: they share its weight alike
    pub sharers: i32,
    pub basis_points: i32,
}

/// Somebody's part, before it is weighed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    pub part: CreditPart,
    pub unit_id: Option<String>,
    pub account_id: Option<AccountId>,
    pub source: String,
}

/// The shares of these parties by a rule: with every part's weight divided among those who have it, always 10 000
/// basis points together.
pub fn weigh(parties: &[Party], weight: impl Fn(CreditPart) -> i32) -> Vec<(i32, i32, u32)> {
    let sharers = |part| parties.iter().filter(|p| p.part == part).count();
    // A common multiple of all counts keeps the weights whole.
    let common: u64 = CreditPart::ALL.iter().map(|p| sharers(*p).max(1) as u64).fold(1, lowest_multiple);
    let weights: Vec<u64> = parties
        .iter()
        .map(|p| u64::from(weight(p.part).unsigned_abs()) * (common / sharers(p.part) as u64))
        .collect();
    let shares = split(&weights);
    parties
        .iter()
        .zip(shares)
        .map(|(p, share)| (weight(p.part), i32::try_from(sharers(p.part)).unwrap_or(i32::MAX), share))
        .collect()
}

fn lowest_multiple(a: u64, b: u64) -> u64 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a / x * b
}

/// Who had a part in a lead, from its rows: the submitters of all leads on the same enterprise, whoever negotiated,
/// whoever held it and passed it on, and the unit that has it now.
pub fn parties(conn: &mut DbConn, lead: &Lead) -> Result<Vec<Party>, AppError> {
    let reviews = LikenessReview::of_leads(conn, std::slice::from_ref(&lead.id))?;
    let others: Vec<(LeadId, Finding)> = reviews
        .iter()
        .filter(|r| r.is_same())
        .map(|r| (r.other(&lead.id).clone(), r.finding(&lead.id)))
        .collect();
    let found = Lead::find_all(conn, others.iter().map(|(id, _)| id.clone()).collect())?;
    let was_first = |id: &LeadId| others.iter().any(|(o, f)| o == id && *f == Finding::OtherWasFirst);
    let submitter = |lead: &Lead, part| Party {
        part,
        unit_id: lead.submitted_by_unit.clone(),
        account_id: Some(lead.submitted_by.clone()),
        source: format!("lead/{}", lead.number),
    };
    let contact = |first| if first { CreditPart::FirstContact } else { CreditPart::LaterContact };
    let own_first = !found.iter().any(|o| was_first(&o.id));
    let mut parties = vec![submitter(lead, contact(own_first))];
    // Of several that were found first one alone can be: the earliest.
    let first =
        found.iter().filter(|o| was_first(&o.id)).min_by_key(|o| o.number.clone()).map(|o| o.id.clone());
    parties.extend(found.iter().map(|o| submitter(o, contact(Some(&o.id) == first.as_ref()))));
    parties.extend(negotiation(conn, &lead.id)?);
    for handover in Handover::of_leads(conn, std::slice::from_ref(&lead.id))? {
        // A unit that let its time run out has no part.
        let part = match (handover.state, &handover.answered_by) {
            (HandoverState::Accepted, _) => CreditPart::Landing,
            (HandoverState::Returned, Some(_)) => CreditPart::PassingOn,
            _ => continue,
        };
        parties.push(Party {
            part,
            unit_id: Some(handover.unit_id),
            account_id: None,
            source: format!("handover/{}", handover.id),
        });
    }
    parties.sort_by_key(|p| p.part);
    Ok(parties)
}

/// Each negotiator who spoke with the investor for a task force, by the first of their talks; the last screener when
/// none did.
fn negotiation(conn: &mut DbConn, lead: &LeadId) -> Result<Vec<Party>, AppError> {
    let party = |account_id: AccountId, source: String| Party {
        part: CreditPart::Negotiation,
        unit_id: None,
        account_id: Some(account_id),
        source,
    };
    let mut parties: Vec<Party> = Vec::new();
    for contact in Contact::of_leads(conn, std::slice::from_ref(lead))? {
        let known = parties.iter().any(|p| p.account_id.as_ref() == Some(&contact.made_by));
        if contact.task_force.is_some() && !known {
            parties.push(party(contact.made_by, format!("contact/{}", contact.id)));
        }
    }
    if parties.is_empty() {
        let last = Screening::of_leads(conn, std::slice::from_ref(lead))?.pop();
        parties.extend(last.map(|s| party(s.screened_by, format!("screening/{}", s.id))));
    }
    Ok(parties)
}

impl CreditSlip {
    /// Makes the next slip of a lead by the rule of the day; earlier slips stay as they are.
    pub fn make(conn: &mut DbConn, lead: &Lead, cause: CreditCause, now: Time) -> Result<(), AppError> {
        let rule = CreditRule::at(conn, now)?;
        let parties = parties(conn, lead)?;
        let names = names(conn, &parties)?;
        let earlier = Self::of_leads(conn, std::slice::from_ref(&lead.id))?;
        let slip = Self {
            id: CreditSlipId::fresh(),
            lead_id: lead.id.clone(),
            number: i32::try_from(earlier.len()).unwrap_or(i32::MAX - 1) + 1,
            rule_version: rule.version,
            cause,
            made_at: now,
        };
        let weighed = weigh(&parties, |part| rule.weight(part));
        let shares: Vec<CreditShare> = parties
            .into_iter()
            .zip(names)
            .zip(weighed)
            .zip(1..)
            .map(|(((party, name), (weight, sharers, share)), position)| CreditShare {
                slip_id: slip.id.clone(),
                position,
                part: party.part,
                party: name,
                unit_id: party.unit_id,
                account_id: party.account_id,
                source: party.source,
                weight,
                sharers,
                basis_points: i32::try_from(share).unwrap_or_default(),
            })
            .collect();
        // The shares come first: the table takes no slip whose shares are not 10 000 together.
        crate::each_database!(conn, c => diesel::insert_into(lead_credit_shares::table).values(&shares).execute(c))?;
        diesel::insert_into(lead_credit_slips::table).values(slip).execute(conn)?;
        Ok(())
    }

    /// After a ruling: a new slip for each of the leads that a unit has accepted.
    pub fn make_again(conn: &mut DbConn, leads: Vec<LeadId>, now: Time) -> Result<(), AppError> {
        for lead in Lead::find_all(conn, leads)? {
            if matches!(lead.state, LeadState::Accepted | LeadState::InProject) {
                Self::make(conn, &lead, CreditCause::Ruling, now)?;
            }
        }
        Ok(())
    }

    /// Every slip of these leads, oldest first.
    pub fn of_leads(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<Self>, AppError> {
        use lead_credit_slips as t;
        Ok(t::table.filter(t::lead_id.eq_any(leads.to_vec())).order(t::number.asc()).load(conn)?)
    }

    /// Newest first: all, or those of one's own leads and those in which one has a part.
    pub fn list(
        conn: &mut DbConn,
        actor: &Actor,
        lead: Option<&LeadId>,
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        use lead_credit_slips as t;
        let limit = paging.limit()?;
        let mut query = t::table.into_boxed();
        if let Some(lead) = lead {
            query = query.filter(t::lead_id.eq(lead.clone()));
        }
        if actor.scope() != Scope::Any {
            // No unit has an empty id.
            let unit = actor.unit_id.clone().filter(|_| actor.scope() == Scope::Unit).unwrap_or_default();
            let own = leads::table
                .filter(leads::submitted_by.eq(actor.id.clone()).or(leads::unit_id.eq(unit.clone())))
                .select(leads::id);
            use lead_credit_shares as s;
            let part = s::table
                .filter(s::account_id.eq(actor.id.clone()).or(s::unit_id.eq(unit)))
                .select(s::slip_id);
            query = query.filter(t::lead_id.eq_any(own).or(t::id.eq_any(part)));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows = query.order(t::id.desc()).limit(limit + 1).load::<Self>(conn)?;
        Ok(Page::of(rows, limit, |slip| vec![slip.id.to_string()]))
    }

    pub fn shares(conn: &mut DbConn, slips: &[CreditSlipId]) -> Result<Vec<CreditShare>, AppError> {
        use lead_credit_shares as t;
        let query = t::table.filter(t::slip_id.eq_any(slips.to_vec()));
        Ok(query.order((t::slip_id.asc(), t::position.asc())).load(conn)?)
    }
}

/// What each party is called: its unit, or the person.
fn names(conn: &mut DbConn, parties: &[Party]) -> Result<Vec<String>, AppError> {
    let ids: Vec<String> = parties.iter().filter_map(|p| p.unit_id.clone()).collect();
    let named = Unit::short_names(conn, ids)?;
    let ids: Vec<AccountId> = parties.iter().filter_map(|p| p.account_id.clone()).collect();
    let people: Vec<(AccountId, String)> = auth_accounts::table
        .filter(auth_accounts::id.eq_any(ids))
        .select((auth_accounts::id, auth_accounts::name))
        .load(conn)?;
    let name = |p: &Party| {
        let unit = p.unit_id.as_ref().and_then(|id| named.get(id).cloned());
        let person = p.account_id.as_ref().and_then(|id| people.iter().find(|(known, _)| known == id));
        unit.or(person.map(|(_, name)| name.clone())).unwrap_or_default()
    };
    Ok(parties.iter().map(name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(part: CreditPart) -> Party {
        Party { part, unit_id: None, account_id: None, source: String::new() }
    }

    /// Any number of submitters, screeners, units that passed it on and that landed it, under any rule. The numbers
    /// follow from one seed.
    #[test]
    fn shares_of_any_parties_are_whole() {
        let mut state = 20_260_726_u64;
        let mut next = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        };
        for path in 0..10_000 {
            let mut parties = vec![party(CreditPart::FirstContact)];
            for (part, most) in [
                (CreditPart::LaterContact, 30),
                (CreditPart::Negotiation, 2),
                (CreditPart::PassingOn, 12),
                (CreditPart::Landing, 3),
            ] {
                parties.extend((0..next(most)).map(|_| party(part)));
            }
            let weights: Vec<i32> = (0..5).map(|_| i32::try_from(next(1001)).unwrap()).collect();
            let at = |part| CreditPart::ALL.iter().position(|p| *p == part).unwrap();
            let shares = weigh(&parties, |part| weights[at(part)]);
            let total: u32 = shares.iter().map(|(_, _, share)| share).sum();
            assert_eq!((total, shares.len()), (10_000, parties.len()), "path {path}: {weights:?}");
            // Equals in part and weight differ by a rounded point at most.
            for part in CreditPart::ALL {
                let of: Vec<u32> =
                    parties.iter().zip(&shares).filter(|(p, _)| p.part == *part).map(|(_, s)| s.2).collect();
                let (least, most) = (of.iter().min(), of.iter().max());
                assert!(most.zip(least).is_none_or(|(m, l)| m - l <= 1), "path {path}: {of:?}");
            }
        }
    }

    #[test]
    fn those_with_the_same_part_share_its_weight() {
        use CreditPart::{FirstContact, Landing, PassingOn};
        let parties = [party(FirstContact), party(PassingOn), party(PassingOn), party(Landing)];
        let weight = |part| match part {
            FirstContact => 50,
            PassingOn => 10,
            _ => 40,
        };
        let shares: Vec<u32> = weigh(&parties, weight).into_iter().map(|(_, _, share)| share).collect();
        assert_eq!(shares, [5000, 500, 500, 4000]);
    }
}
