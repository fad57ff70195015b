//! Rights that somebody used at WeChat: carried out at once, with a task about what the law has us keep.
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{AppError, Code};
use crate::people::audit::Entry;
use crate::people::auth::{Account, AccountId, NameCheck, Session, identity};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::masked;
use crate::platform::page::{Page, Paging};
use crate::platform::wechat::REVOKED_PHONE;
use crate::schema::{agreement_parties, leads, wechat_rights_tasks};
use crate::views::notifications::Subscription;
use crate::views::pushes::events::tell_administrators;
use crate::views::pushes::push::{Carried, Push, PushId};

const SETTLED: Code = Code::new(
    "rights_task.settled",
    "这项权利请求已经办结，无需重复处理",
    "This request has been settled already; there is nothing left to do",
);

crate::typed_id!(RightsTaskId);
crate::text_enum! {
    /// What somebody asked for at WeChat.
    pub enum RightsWish {
        Revocation = "revocation", "撤回授权", "Consent withdrawn";
        Cancellation = "cancellation", "注销账号", "Account closed";
    }
}
crate::text_enum! {
    /// A kind of personal data, by WeChat's number for it.
    pub enum RevokedKind {
        Plate = "1", "车牌号", "Plate number";
        Address = "2", "收货地址", "Address";
        Invoice = "3", "发票抬头", "Invoice title";
        Bluetooth = "4", "蓝牙", "Bluetooth";
        Microphone = "5", "麦克风", "Microphone";
        Profile = "6", "昵称头像", "Name and picture";
        Camera = "7", "摄像头", "Camera";
        Phone = "8", "手机号", "Phone number";
        Steps = "12", "运动步数", "Steps";
        Location = "13", "位置", "Location";
        Picture = "14", "选中的图片或视频", "Chosen pictures or films";
        File = "15", "选中的文件", "Chosen files";
        Mail = "16", "邮箱", "E-mail address";
        Place = "18", "选择的位置", "Chosen place";
        Nickname = "19", "昵称", "Name";
        Avatar = "20", "头像", "Picture";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = wechat_rights_tasks)]
struct Task {
    id: RightsTaskId,
    push_id: PushId,
    account_id: AccountId,
    wish: RightsWish,
    /// WeChat's numbers, comma separated
    kinds: String,
    asked_at: Time,
    settled_by: Option<AccountId>,
    settled_at: Option<Time>,
    note: Option<String>,
}

/// Who asked for what, what was done at once, and what is still here.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RightsTaskView {
    pub id: RightsTaskId,
    pub wish: RightsWish,
    pub kinds: Vec<RevokedKind>,
    pub person_name: String,
    pub phone_masked: String,
    /// The WeChat identity was unlinked, the sessions ended and the message consents cleared
    pub unlinked: bool,
    /// Signed agreements, which must be kept
    #[schema(minimum = 0)]
    pub kept_agreements: i64,
    /// Entries of the first-contact ledger, which must be kept
    #[schema(minimum = 0)]
    pub kept_leads: i64,
    pub asked_at: Time,
    pub settled_by_name: Option<String>,
    pub settled_at: Option<Time>,
    pub note: Option<String>,
}

/// Who closes the account, or takes back the phone number on which the account rests, is let go at once.
fn lets_go(wish: RightsWish, kinds: &str) -> bool {
    wish == RightsWish::Cancellation || kinds.split(',').any(|kind| kind == REVOKED_PHONE)
}

/// Carries out a wish, once: the push and its task are one row each.
pub fn carry_out(
    conn: &mut DbConn,
    push: &Push,
    app_id: &str,
    wish: RightsWish,
    kinds: &[String],
    now: Time,
) -> Result<Carried, AppError> {
    let Some(account) = identity::account_of(conn, app_id, &push.open_id)? else {
        return Ok(Carried::Kept("nobody here has this identity"));
    };
    let kinds = kinds.join(",");
    if lets_go(wish, &kinds) {
        identity::unlink(conn, app_id, &push.open_id)?;
        NameCheck::forget(conn, &account)?;
        Session::end_all(conn, &account, "the person withdrew at WeChat", now)?;
        Subscription::forget(conn, &account)?;
    }
    let task = Task {
        id: RightsTaskId::fresh(),
        push_id: push.id.clone(),
        account_id: account.clone(),
        wish,
        kinds: kinds.clone(),
        asked_at: now,
        settled_by: None,
        settled_at: None,
        note: None,
    };
    diesel::insert_into(wechat_rights_tasks::table).values(task).execute(conn)?;
    let mut entry = Entry::by_the_house("carry_out_push", format!("account/{account}"), now);
    entry.detail = Some(format!("{} {kinds}", wish.as_str()).trim().to_owned());
    entry.write(conn)?;
    tell_administrators(
        conn,
        ("有用户行使个人信息权利", "Somebody used a privacy right"),
        (
            "用户在微信中撤回授权或注销账号，已按规定处理。请核对依法须保留的材料并办结。",
            "Somebody withdrew consent or closed the account at WeChat; it was carried out. Check what the law has us keep, and settle the task.",
        ),
        now,
    )?;
    Ok(Carried::Done)
}

/// All tasks or those open (or settled), newest first.
pub fn list(
    conn: &mut DbConn,
    open: Option<bool>,
    paging: &Paging,
) -> Result<Page<RightsTaskView>, AppError> {
    use wechat_rights_tasks as t;
    let limit = paging.limit()?;
    let mut query = t::table.into_boxed();
    match open {
        Some(true) => query = query.filter(t::settled_at.is_null()),
        Some(false) => query = query.filter(t::settled_at.is_not_null()),
        None => {}
    }
    if let Some(after) = paging.after_key()? {
        query = query.filter(t::id.lt(after));
    }
    let rows = query.order(t::id.desc()).limit(limit + 1).load::<Task>(conn)?;
    let page = Page::of(rows, limit, |task| vec![task.id.to_string()]);
    let items = page.items.into_iter().map(|task| view(conn, task)).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

fn view(conn: &mut DbConn, task: Task) -> Result<RightsTaskView, AppError> {
    let account = Account::find(conn, &task.account_id)?;
    let signed = agreement_parties::table.filter(agreement_parties::account_id.eq(account.id.to_string()));
    let kept_agreements =
        signed.filter(agreement_parties::signed_at.is_not_null()).count().get_result(conn)?;
    let brought = leads::table.filter(leads::submitted_by.eq(account.id.to_string()));
    let kept_leads = brought.count().get_result(conn)?;
    let settled_by = task.settled_by.as_ref().map(|id| Account::find(conn, id)).transpose()?;
    Ok(RightsTaskView {
        unlinked: lets_go(task.wish, &task.kinds),
        kinds: task.kinds.split(',').filter_map(|kind| kind.parse().ok()).collect(),
        id: task.id,
        wish: task.wish,
        person_name: account.name,
        phone_masked: masked::phone(&account.phone),
        kept_agreements,
        kept_leads,
        asked_at: task.asked_at,
        settled_by_name: settled_by.map(|by| by.name),
        settled_at: task.settled_at,
        note: task.note,
    })
}

/// Writes what was decided; of two at once one is told so.
pub fn settle(
    conn: &mut DbConn,
    id: &RightsTaskId,
    by: &AccountId,
    note: &str,
    now: Time,
) -> Result<RightsTaskView, AppError> {
    use wechat_rights_tasks as t;
    let settled = diesel::update(t::table.find(id).filter(t::settled_at.is_null()))
        .set((
            t::settled_by.eq(Some(by.clone())),
            t::settled_at.eq(Some(now)),
            t::note.eq(Some(note.to_owned())),
        ))
        .execute(conn)?;
    let task: Task = t::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)?;
    if settled == 0 {
        return Err(AppError::Conflict(&SETTLED));
    }
    view(conn, task)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_back_the_phone_or_closes_the_account_is_let_go() {
        assert!(lets_go(RightsWish::Cancellation, ""));
        assert!(lets_go(RightsWish::Revocation, "13,8"));
        for kept in ["", "13", "18,28", "6,19"] {
            assert!(!lets_go(RightsWish::Revocation, kept), "{kept}");
        }
    }
}
