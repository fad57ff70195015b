//! "Not as shown" (不符): what any visitor says of a site, and what its unit answers.
use chrono::NaiveDate;
use diesel::prelude::*;

use crate::error::{AppError, Code};
use crate::libraries::map::events::{SiteReported, keepers_of, officials};
use crate::libraries::map::keeper::Keeper;
use crate::libraries::map::site::Site;
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::platform::outbox;
use crate::platform::page::{Page, Paging};
use crate::schema::map_site_reports;

pub const ANSWERED: Code = Code::new(
    "report.already_answered",
    "这条反馈已有答复，请刷新查看",
    "This report has been answered; refresh to see",
);
const ENOUGH: Code = Code::new(
    "report.enough_today",
    "今天的反馈已收到，谢谢；明天可以继续反馈",
    "Thank you, today's reports are received; more can be sent tomorrow",
);
/// Reports that one address may send a day.
const A_DAY: i64 = 10;

crate::typed_id!(ReportId);
crate::text_enum! {
    /// What is not as shown.
    pub enum ReportWhat {
        Price = "price", "价格或租金不符", "Price or rent";
        Status = "status", "已不可供", "No longer available";
        Location = "location", "位置不符", "Location";
        Facts = "facts", "条件或配套不符", "Conditions or utilities";
        Photos = "photos", "照片不符", "Photos";
        Other = "other", "其他", "Something else";
    }
}
crate::text_enum! {
    /// Whether a report was answered.
    pub enum ReportState {
        Open = "open", "待答复", "To be answered";
        Answered = "answered", "已答复", "Answered";
    }
}
crate::text_enum! {
    /// What came of a report.
    pub enum ReportOutcome {
        Corrected = "corrected", "情况属实，已更正", "True, and corrected";
        Stands = "stands", "经核实，内容无误", "Checked, and right as shown";
    }
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = map_site_reports)]
pub struct SiteReport {
    pub id: ReportId,
    pub site_id: String,
    pub site_name: String,
    pub unit_id: String,
    pub park_id: Option<String>,
    pub what: ReportWhat,
    pub words: Option<String>,
    /// A keyed hash of the address that it came from; the address itself is not kept
    pub reporter_key: String,
    pub reported_on: NaiveDate,
    pub reported_at: Time,
    pub state: ReportState,
    pub outcome: Option<ReportOutcome>,
    pub answer: Option<String>,
    pub answered_by: Option<AccountId>,
    pub answered_by_name: Option<String>,
    pub answered_at: Option<Time>,
}

impl SiteReport {
    pub fn new(
        site: &Site,
        what: ReportWhat,
        words: Option<String>,
        reporter_key: String,
        now: Time,
    ) -> Self {
        Self {
            id: ReportId::fresh(),
            site_id: site.id.clone(),
            site_name: site.name.clone(),
            unit_id: site.unit_id.clone(),
            park_id: site.park_id.clone(),
            what,
            words,
            reporter_key,
            reported_on: now.day(),
            reported_at: now,
            state: ReportState::Open,
            outcome: None,
            answer: None,
            answered_by: None,
            answered_by_name: None,
            answered_at: None,
        }
    }

    /// Keeps the report and tells the site's keepers. The table takes one a day for each site and address: a second
    /// is the first, asked again.
    pub fn send(&self, conn: &mut DbConn) -> Result<(), AppError> {
        use map_site_reports as t;
        let same = t::table
            .filter(t::site_id.eq(&self.site_id))
            .filter(t::reporter_key.eq(&self.reporter_key))
            .filter(t::reported_on.eq(self.reported_on));
        let again: i64 = same.count().get_result(conn)?;
        if again > 0 {
            return Ok(());
        }
        let today: i64 = t::table
            .filter(t::reporter_key.eq(&self.reporter_key))
            .filter(t::reported_on.eq(self.reported_on))
            .count()
            .get_result(conn)?;
        if today >= A_DAY {
            return Err(AppError::TooMany { code: &ENOUGH, retry_after: 3600 });
        }
        match diesel::insert_into(t::table).values(self.clone()).execute(conn) {
            Err(e) if is_unique_violation(&e) => return Err(AppError::Unavailable),
            inserted => inserted?,
        };
        let readers = officials(conn, keepers_of(&self.unit_id, self.park_id.as_deref()), false)?;
        let words = self.words.as_deref().map(|words| format!("：{words}")).unwrap_or_default();
        let body = (
            format!("{} {}{words}", self.site_name, self.what.zh()),
            format!("{}: {}{words}", self.site_name, self.what.en()),
        );
        let title = ("有访客反馈不符", "A visitor says: not as shown");
        outbox::emit(
            conn,
            &SiteReported::to(readers, title, body, "/desk/reports".to_owned()),
            self.reported_at,
        )
    }

    /// Reports on sites of one's units, newest first.
    pub fn list(
        conn: &mut DbConn,
        keeper: &Keeper,
        state: Option<ReportState>,
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        use map_site_reports as t;
        let limit = paging.limit()?;
        let mut query = t::table.into_boxed();
        if let Some(unit) = keeper.narrowed_to() {
            query = query.filter(t::unit_id.eq(unit.clone()).or(t::park_id.eq(Some(unit))));
        }
        if let Some(state) = state {
            query = query.filter(t::state.eq(state));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows: Vec<Self> = query.order(t::id.desc()).limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |report| vec![report.id.to_string()]))
    }

    pub fn count_open(conn: &mut DbConn, keeper: &Keeper) -> Result<i64, AppError> {
        use map_site_reports as t;
        let mut query = t::table.filter(t::state.eq(ReportState::Open)).count().into_boxed();
        if let Some(unit) = keeper.narrowed_to() {
            query = query.filter(t::unit_id.eq(unit.clone()).or(t::park_id.eq(Some(unit))));
        }
        Ok(query.get_result(conn)?)
    }

    /// The answers that visitors may read at a site, newest first.
    pub fn answered_at_site(conn: &mut DbConn, site_id: &str) -> Result<Vec<Self>, AppError> {
        use map_site_reports as t;
        Ok(t::table
            .filter(t::site_id.eq(site_id))
            .filter(t::state.eq(ReportState::Answered))
            .order(t::id.desc())
            .limit(3)
            .load(conn)?)
    }

    pub fn answer(
        conn: &mut DbConn,
        keeper: &Keeper,
        id: &ReportId,
        (outcome, words): (ReportOutcome, String),
        by: &Actor,
        now: Time,
    ) -> Result<Self, AppError> {
        use map_site_reports as t;
        let report: Self = t::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)?;
        keeper.must_keep(&report.unit_id, report.park_id.as_deref())?;
        let answered = Self {
            state: ReportState::Answered,
            outcome: Some(outcome),
            answer: Some(words),
            answered_by: Some(by.id.clone()),
            answered_by_name: Some(by.name.clone()),
            answered_at: Some(now),
            ..report
        };
        let changed = diesel::update(t::table.find(id).filter(t::state.eq(ReportState::Open)))
            .set((
                t::state.eq(answered.state),
                t::outcome.eq(answered.outcome),
                t::answer.eq(answered.answer.clone()),
                t::answered_by.eq(answered.answered_by.clone()),
                t::answered_by_name.eq(answered.answered_by_name.clone()),
                t::answered_at.eq(answered.answered_at),
            ))
            .execute(conn)?;
        if changed == 1 { Ok(answered) } else { Err(AppError::Conflict(&ANSWERED)) }
    }
}
