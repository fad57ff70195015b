//! An enquiry: a lead that an investor wrote into the public form, and how often one may.
use chrono::NaiveDate;
use diesel::prelude::*;

use crate::deals::leads::lead::LeadId;
use crate::deals::leads::setting::{Setting, SettingName};
use crate::error::{AppError, Code};
use crate::people::auth::{Account, AccountId, AccountState, NewAccount, Role};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::lead_enquiries;

pub const TOO_MANY: Code = Code::new(
    "enquiry.too_many",
    "今天提交的次数已达上限，请明天再试，或拨打招商热线",
    "As many enquiries as a day allows; try again tomorrow or call us",
);
/// No phone: nobody can sign in with it.
const NOBODYS_PHONE: &str = "public-form";

crate::typed_id!(EnquiryId);

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = lead_enquiries)]
pub struct Enquiry {
    pub id: EnquiryId,
    pub lead_id: LeadId,
    /// Keyed hashes: enough to count by, and nothing to read
    pub phone_hash: String,
    pub address_hash: String,
    pub day: NaiveDate,
    pub at: Time,
}

impl Enquiry {
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(lead_enquiries::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// Refuses when the phone or the address has had its number of today.
    pub fn refuse_too_many(conn: &mut DbConn, phone: &str, address: &str, now: Time) -> Result<(), AppError> {
        use lead_enquiries as t;
        let today = || t::table.filter(t::day.eq(now.day()));
        let by_phone: i64 = today().filter(t::phone_hash.eq(phone)).count().get_result(conn)?;
        let by_address: i64 = today().filter(t::address_hash.eq(address)).count().get_result(conn)?;
        let most_phone = Setting::at(conn, SettingName::FormPerPhone, now)?;
        let most_address = Setting::at(conn, SettingName::FormPerAddress, now)?;
        if by_phone >= i64::from(most_phone) || by_address >= i64::from(most_address) {
            return Err(AppError::TooMany { code: &TOO_MANY, retry_after: 3600 });
        }
        Ok(())
    }
}

/// The account in whose name the form submits; disabled, so that nobody can be it.
pub fn form_account(conn: &mut DbConn, now: Time) -> Result<AccountId, AppError> {
    if let Some(account) = Account::by_phone(conn, NOBODYS_PHONE)? {
        return Ok(account.id);
    }
    let new =
        NewAccount {
            name: "公开表单".to_owned(), phone: NOBODYS_PHONE.to_owned(), ..NewAccount::default()
        };
    let account = Account::new(&new, AccountState::Disabled, now);
    account.insert(conn, &[Role::Investor])?;
    Ok(account.id)
}
