//! One check: what is judged, what became of it, and who decided.
use std::collections::HashSet;

use chrono::Duration;
use diesel::prelude::*;

use super::events;
use crate::each_database;
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, identity};
use crate::platform::clock::{Time, doubled};
use crate::platform::db::{DbConn, Locked};
use crate::platform::files::{FileId, StoredFile};
use crate::platform::wechat::{Advice, LARGEST_MEDIA, Media};
use crate::schema::content_checks;

/// How long WeChat may take with a picture or a sound; it promises half an hour.
const PATIENCE: Duration = Duration::minutes(35);
/// How long a worker may take to hand one in.
const LEASE: Duration = Duration::minutes(1);
const FIRST_WAIT: Duration = Duration::seconds(10);
const LONGEST_WAIT: Duration = Duration::minutes(10);
const MOST_ATTEMPTS: i32 = 6;
const SAME: Code = Code::new(
    "content_check.same_decision",
    "这条内容已是这个结果，请刷新查看",
    "This has been decided so already; refresh to see",
);

crate::typed_id!(CheckId);
crate::text_enum! {
    /// What is judged.
    pub enum CheckSubject {
        TalkMessage = "talk_message", "洽谈消息", "Message in a talk";
        TalkFile = "talk_file", "洽谈文件", "File in a talk";
        LeadAttachment = "lead_attachment", "线索附件", "Attachment of a lead";
        LeadText = "lead_text", "线索内容", "Words of a lead";
    }
}
crate::text_enum! {
    /// Where a check stands.
    pub enum CheckState {
        Waiting = "waiting", "检查中", "Being checked";
        Passed = "passed", "已通过", "Passed";
        Open = "open", "待人工审核", "For a person to decide";
        Released = "released", "已放行", "Released";
        Withheld = "withheld", "已隐藏", "Hidden";
    }
}
crate::text_enum! {
    /// Why a person has to decide.
    pub enum CheckCause {
        Risky = "risky", "微信判定违规", "WeChat finds it against the rules";
        Review = "review", "微信建议人工复核", "WeChat advises a look";
        Unavailable = "unavailable", "微信未能检查", "WeChat could not check it";
        Overdue = "overdue", "微信超时未答", "WeChat did not answer in time";
    }
}
crate::text_enum! {
    /// What WeChat finds, by its number.
    pub enum ContentLabel {
        Advertisement = "10001", "广告", "Advertisement";
        Politics = "20001", "时政", "Politics";
        Porn = "20002", "色情", "Pornography";
        Abuse = "20003", "辱骂", "Abuse";
        Crime = "20006", "违法犯罪", "Crime";
        Fraud = "20008", "欺诈", "Fraud";
        Vulgar = "20012", "低俗", "Vulgarity";
        Copyright = "20013", "版权", "Copyright";
        Other = "21000", "其他", "Something else";
    }
}

impl ContentLabel {
    /// `None` for what is normal or not known.
    pub fn of(number: i64) -> Option<Self> {
        number.to_string().parse().ok()
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = content_checks)]
pub struct Check {
    pub id: CheckId,
    pub subject: CheckSubject,
    /// A message as `talk/number`, a lead's id, otherwise the file's
    pub subject_id: String,
    pub author_id: AccountId,
    /// Empty when nobody was signed in
    pub open_id: String,
    pub body: Option<String>,
    pub file_id: Option<FileId>,
    pub state: CheckState,
    pub cause: Option<CheckCause>,
    pub label: Option<ContentLabel>,
    /// Under which WeChat pushes its verdict
    pub trace_id: Option<String>,
    /// Of the key with which WeChat fetches the file
    pub key_hash: Option<String>,
    pub attempts: i32,
    pub created_at: Time,
    pub due_at: Time,
    pub asked_at: Option<Time>,
    pub decided_by: Option<AccountId>,
    pub decided_at: Option<Time>,
    pub note: Option<String>,
}

/// What came of looking for the check that a verdict is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Taken,
    /// No check has this id
    Unknown,
}

/// Has a picture or a sound of somebody in the mini-program judged; anything else is left alone.
pub fn submit_file(
    conn: &mut DbConn,
    app_id: Option<&str>,
    subject: CheckSubject,
    author: &AccountId,
    file: &StoredFile,
    now: Time,
) -> Result<(), AppError> {
    if Media::of(&file.media_type).is_none() {
        return Ok(());
    }
    let Some(app_id) = app_id else { return Ok(()) };
    let Some(open_id) = identity::open_id_of(conn, app_id, author)? else { return Ok(()) };
    let mut check = Check::new(subject, file.id.as_str(), author, open_id, now);
    check.file_id = Some(file.id.clone());
    if file.size > LARGEST_MEDIA {
        check = check.doubtful(CheckCause::Unavailable, None);
    }
    check.insert(conn)
}

/// Has words of somebody in the mini-program judged that are written already; anything else is left alone.
pub fn submit_text(
    conn: &mut DbConn,
    app_id: Option<&str>,
    subject: (CheckSubject, &str),
    author: &AccountId,
    text: &str,
    now: Time,
) -> Result<(), AppError> {
    let Some(app_id) = app_id else { return Ok(()) };
    let Some(open_id) = identity::open_id_of(conn, app_id, author)? else { return Ok(()) };
    let mut check = Check::new(subject.0, subject.1, author, open_id, now);
    check.body = Some(text.to_owned());
    check.insert(conn)
}

/// Words behind which nobody stands whom WeChat knows: it cannot be asked, and a person looks.
pub fn submit_text_of_nobody(
    conn: &mut DbConn,
    app_id: Option<&str>,
    subject: (CheckSubject, &str),
    author: &AccountId,
    text: &str,
    now: Time,
) -> Result<(), AppError> {
    if app_id.is_none() {
        return Ok(());
    }
    let check = Check::new(subject.0, subject.1, author, String::new(), now);
    let mut check = check.doubtful(CheckCause::Unavailable, None);
    check.body = Some(text.to_owned());
    check.insert(conn)
}

/// What WeChat pushed about a file.
pub fn take_verdict(
    conn: &mut DbConn,
    trace_id: &str,
    error: i64,
    (advice, label): (Advice, i64),
    now: Time,
) -> Result<Verdict, AppError> {
    use content_checks as t;
    let check: Option<Check> = t::table.filter(t::trace_id.eq(trace_id)).first(conn).optional()?;
    let Some(check) = check else { return Ok(Verdict::Unknown) };
    if error == 0 {
        check.judged(conn, advice, ContentLabel::of(label), now)?;
    } else {
        check.open(conn, CheckCause::Unavailable, None, now)?;
    }
    Ok(Verdict::Taken)
}

/// Those among these that are hidden: a person hid them, or WeChat finds them against the rules and no person released them.
pub fn withheld(
    conn: &mut DbConn,
    subject: CheckSubject,
    ids: Vec<String>,
) -> Result<HashSet<String>, AppError> {
    use content_checks as t;
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let risky = t::state.eq(CheckState::Open).and(t::cause.eq(Some(CheckCause::Risky)));
    let hidden = t::table
        .filter(t::subject.eq(subject))
        .filter(t::subject_id.eq_any(ids))
        .filter(t::state.eq(CheckState::Withheld).or(risky));
    Ok(hidden.select(t::subject_id).load::<String>(conn)?.into_iter().collect())
}

impl Check {
    pub fn new(
        subject: CheckSubject,
        subject_id: &str,
        author: &AccountId,
        open_id: String,
        now: Time,
    ) -> Self {
        Self {
            id: CheckId::fresh(),
            subject,
            subject_id: subject_id.to_owned(),
            author_id: author.clone(),
            open_id,
            body: None,
            file_id: None,
            state: CheckState::Waiting,
            cause: None,
            label: None,
            trace_id: None,
            key_hash: None,
            attempts: 0,
            created_at: now,
            due_at: now,
            asked_at: None,
            decided_by: None,
            decided_at: None,
            note: None,
        }
    }

    /// For a person to decide.
    pub fn doubtful(mut self, cause: CheckCause, label: Option<ContentLabel>) -> Self {
        (self.state, self.cause, self.label) = (CheckState::Open, Some(cause), label);
        self
    }

    /// One for each thing: a thing that was sent twice is judged once.
    pub fn insert(self, conn: &mut DbConn) -> Result<(), AppError> {
        let row = self.clone();
        let made = each_database!(conn, c => diesel::insert_into(content_checks::table).values(row).on_conflict_do_nothing().execute(c))?;
        if made == 1 && self.state == CheckState::Open {
            events::opened(conn, &self, self.created_at)?;
        }
        Ok(())
    }

    pub fn find(conn: &mut DbConn, id: &CheckId) -> Result<Self, AppError> {
        content_checks::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// Newest first.
    pub fn list(
        conn: &mut DbConn,
        states: &[CheckState],
        after: Option<String>,
        most: i64,
    ) -> Result<Vec<Self>, AppError> {
        use content_checks as t;
        let mut query = t::table.filter(t::state.eq_any(states.to_vec())).into_boxed();
        if let Some(after) = after {
            query = query.filter(t::id.lt(after));
        }
        Ok(query.order(t::id.desc()).limit(most).load(conn)?)
    }

    /// Takes one that is to be handed in, for [`LEASE`].
    pub fn lease(conn: &mut DbConn, now: Time) -> Result<Option<Self>, AppError> {
        use content_checks as t;
        let due = t::table
            .filter(t::state.eq(CheckState::Waiting))
            .filter(t::trace_id.is_null())
            .filter(t::due_at.le(now));
        let query = due.order(t::due_at.asc()).limit(1);
        let taken: Vec<Self> = Locked { query, skip: true }.load(conn)?;
        let Some(mut check) = taken.into_iter().next() else { return Ok(None) };
        check.attempts += 1;
        diesel::update(t::table.find(&check.id))
            .set((t::due_at.eq(now.plus(LEASE)), t::attempts.eq(check.attempts)))
            .execute(conn)?;
        Ok(Some(check))
    }

    /// Whoever has the key of this hash may fetch the file from now on.
    pub fn offer(&self, conn: &mut DbConn, key_hash: &str) -> Result<(), AppError> {
        use content_checks as t;
        diesel::update(t::table.find(&self.id))
            .set(t::key_hash.eq(Some(key_hash.to_owned())))
            .execute(conn)?;
        Ok(())
    }

    /// WeChat has it and will push its verdict under this id.
    pub fn handed_in(&self, conn: &mut DbConn, trace_id: &str, now: Time) -> Result<(), AppError> {
        use content_checks as t;
        let waiting = t::table.find(&self.id).filter(t::state.eq(CheckState::Waiting));
        diesel::update(waiting)
            .set((t::trace_id.eq(Some(trace_id.to_owned())), t::asked_at.eq(Some(now))))
            .execute(conn)?;
        Ok(())
    }

    /// What WeChat finds.
    pub fn judged(
        &self,
        conn: &mut DbConn,
        advice: Advice,
        label: Option<ContentLabel>,
        now: Time,
    ) -> Result<(), AppError> {
        match advice {
            Advice::Pass => self.pass(conn),
            Advice::Risky => self.open(conn, CheckCause::Risky, label, now),
            Advice::Review => self.open(conn, CheckCause::Review, label, now),
        }
    }

    /// Once more after a while, and then a person.
    pub fn failed(&self, conn: &mut DbConn, passing: bool, now: Time) -> Result<(), AppError> {
        use content_checks as t;
        if !passing || self.attempts >= MOST_ATTEMPTS {
            return self.open(conn, CheckCause::Unavailable, None, now);
        }
        let due_at = now.plus(doubled(FIRST_WAIT, self.attempts - 1, LONGEST_WAIT));
        diesel::update(t::table.find(&self.id)).set(t::due_at.eq(due_at)).execute(conn)?;
        Ok(())
    }

    /// There is nothing to judge.
    pub fn forget(&self, conn: &mut DbConn) -> Result<(), AppError> {
        use content_checks as t;
        diesel::delete(t::table.find(&self.id).filter(t::state.eq(CheckState::Waiting))).execute(conn)?;
        Ok(())
    }

    /// Those on which WeChat has kept silent for too long go to a person.
    pub fn open_overdue(conn: &mut DbConn, now: Time) -> Result<(), AppError> {
        use content_checks as t;
        let silent = t::table
            .filter(t::state.eq(CheckState::Waiting))
            .filter(t::asked_at.lt(Some(now.minus(PATIENCE))));
        for check in silent.limit(100).load::<Self>(conn)? {
            check.open(conn, CheckCause::Overdue, None, now)?;
        }
        Ok(())
    }

    fn pass(&self, conn: &mut DbConn) -> Result<(), AppError> {
        use content_checks as t;
        let waiting = t::table.find(&self.id).filter(t::state.eq(CheckState::Waiting));
        diesel::update(waiting).set(t::state.eq(CheckState::Passed)).execute(conn)?;
        Ok(())
    }

    fn open(
        &self,
        conn: &mut DbConn,
        cause: CheckCause,
        label: Option<ContentLabel>,
        now: Time,
    ) -> Result<(), AppError> {
        use content_checks as t;
        let waiting = t::table.find(&self.id).filter(t::state.eq(CheckState::Waiting));
        let opened = diesel::update(waiting)
            .set((t::state.eq(CheckState::Open), t::cause.eq(Some(cause)), t::label.eq(label)))
            .execute(conn)?;
        if opened == 1 {
            events::opened(conn, &self.clone().doubtful(cause, label), now)?;
        }
        Ok(())
    }

    /// A person's decision; it may be changed by another. Of two at once that say the same, one is told so.
    pub fn decide(
        conn: &mut DbConn,
        id: &CheckId,
        release: bool,
        note: &str,
        by: &AccountId,
        now: Time,
    ) -> Result<Self, AppError> {
        use content_checks as t;
        let before = Self::find(conn, id)?;
        let state = if release { CheckState::Released } else { CheckState::Withheld };
        let others = [CheckState::Open, CheckState::Released, CheckState::Withheld];
        let others = others.into_iter().filter(|other| *other != state).collect::<Vec<_>>();
        let decided = diesel::update(t::table.find(id).filter(t::state.eq_any(others)))
            .set((
                t::state.eq(state),
                t::decided_by.eq(Some(by.clone())),
                t::decided_at.eq(Some(now)),
                t::note.eq(Some(note.to_owned())),
            ))
            .execute(conn)?;
        if decided == 0 {
            return Err(AppError::Conflict(&SAME));
        }
        let after = Self::find(conn, id)?;
        if before.is_hidden() != after.is_hidden() {
            events::shown_or_hidden(conn, &after, now)?;
        }
        Ok(after)
    }

    pub fn is_hidden(&self) -> bool {
        match self.state {
            CheckState::Withheld => true,
            CheckState::Open => self.cause == Some(CheckCause::Risky),
            CheckState::Waiting | CheckState::Passed | CheckState::Released => false,
        }
    }
}
