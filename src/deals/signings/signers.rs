//! Who signs an agreement: the persons that an office names, checked and put in order.
use serde::Deserialize;
use utoipa::ToSchema;

use crate::deals::projects::Project;
use crate::deals::signings::agreement::{HOST_TITLE, NewParty};
use crate::deals::signings::rules::MOST_SIGNERS;
use crate::error::{AppError, Code};
use crate::people::auth::{Account, AccountId, AccountState, Actor};
use crate::people::units::Unit;
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Phone};

const NO_INVESTOR: Code = Code::new(
    "agreement.no_investor",
    "项目还没有对应的客商账号，无法发起线上签署；请先从云洽谈建立项目",
    "The project has no investor with an account; open it from a talk first",
);
const NO_SUCH_SIGNER: Code = Code::new(
    "agreement.no_such_signer",
    "有签署人还没有可用的账号；请对方先用该手机号登录一次，再填写",
    "A signer has no active account; ask the person to sign in once with this phone",
);
const SIGNER_TWICE: Code = Code::new(
    "agreement.signer_twice",
    "同一个人不能代表两方或重复签署",
    "One person cannot sign twice or for two parties",
);
const BOTH_SIDES: Code = Code::new(
    "agreement.both_sides",
    "甲方和乙方都至少要有一名签署人",
    "Both the office and the investor need a signer",
);
const TOO_MANY_THIRDS: Code = Code::new(
    "agreement.too_many_parties",
    "除甲乙双方外最多再有四个签约方",
    "Besides the two main parties there may be four more",
);
const THIRDS: [(&str, &str); 4] =
    [("丙方", "Party C"), ("丁方", "Party D"), ("戊方", "Party E"), ("己方", "Party F")];

crate::text_enum! {
    /// On whose side a person signs.
    pub enum SigningSide {
        Host = "host", "甲方（责任单位）", "Party A (the office)";
        Investor = "investor", "乙方（投资方）", "Party B (the investor)";
        Third = "third", "其他签约方", "Another party";
    }
}

/// One person who is to sign.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedSigner {
    side: SigningSide,
    /// Of another party its name; of the two main parties it is known
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    organisation: Option<Line<120>>,
    /// The person's account, or else the phone
    person_id: Option<AccountId>,
    #[schema(value_type = Option<String>, min_length = 11, max_length = 11)]
    phone: Option<Phone>,
    /// In what capacity, such as 法定代表人 or 授权代表（授权书 2026-11）
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    authority: Option<Line<40>>,
    /// Steps run one after another; everybody of one step signs in any order
    #[schema(minimum = 1, maximum = 20)]
    step: i32,
}

impl NamedSigner {
    fn account(&self, conn: &mut DbConn, place: usize) -> Result<Account, AppError> {
        let found = match (&self.person_id, &self.phone) {
            (Some(id), None) => Account::find(conn, id).map(Some).or_else(|e| match e {
                AppError::NotFound => Ok(None),
                other => Err(other),
            })?,
            (None, Some(phone)) => Account::by_phone(conn, phone.as_str())?,
            _ => return Err(AppError::field(&format!("signers[{place}].phone"), "input.missing")),
        };
        let active = found.filter(|account| account.state == AccountState::Active);
        active.ok_or(AppError::Unprocessable(&NO_SUCH_SIGNER))
    }
}

/// The parties in the order of the list; without a list the investor first, the office after them.
pub fn parties(
    conn: &mut DbConn,
    actor: &Actor,
    project: &Project,
    named: &[NamedSigner],
) -> Result<Vec<NewParty>, AppError> {
    let unit = Unit::find(conn, &project.unit_id)?.ok_or(AppError::NotFound)?.name;
    if named.is_empty() {
        let investor = project.investor_id.clone().ok_or(AppError::Unprocessable(&NO_INVESTOR))?;
        let investor = Account::find(conn, &investor)?;
        let own = Account::find(conn, &actor.id)?;
        return Ok(vec![
            party(SigningSide::Investor, 0, project.enterprise_name.clone(), &investor, 1),
            party(SigningSide::Host, 0, unit, &own, 2),
        ]);
    }
    if named.len() > MOST_SIGNERS {
        return Err(AppError::field("signers", "input.range"));
    }
    let mut parties: Vec<NewParty> = Vec::new();
    let mut thirds: Vec<String> = Vec::new();
    for (place, signer) in named.iter().enumerate() {
        if !(1..=20).contains(&signer.step) {
            return Err(AppError::field(&format!("signers[{place}].step"), "input.range"));
        }
        let account = signer.account(conn, place)?;
        if parties.iter().any(|known| known.account_id == account.id) {
            return Err(AppError::Unprocessable(&SIGNER_TWICE));
        }
        let organisation = match signer.side {
            SigningSide::Host => unit.clone(),
            SigningSide::Investor => project.enterprise_name.clone(),
            SigningSide::Third => {
                let name = signer.organisation.as_ref().map(|name| name.as_str().to_owned());
                name.ok_or_else(|| {
                    AppError::field(&format!("signers[{place}].organisation"), "input.missing")
                })?
            }
        };
        let third = match signer.side {
            SigningSide::Third => {
                thirds.iter().position(|known| *known == organisation).unwrap_or_else(|| {
                    thirds.push(organisation.clone());
                    thirds.len() - 1
                })
            }
            _ => 0,
        };
        if thirds.len() > THIRDS.len() {
            return Err(AppError::Unprocessable(&TOO_MANY_THIRDS));
        }
        let mut new = party(signer.side, third, organisation, &account, signer.step);
        new.authority = signer.authority.as_ref().map(|text| text.as_str().to_owned());
        let same_side = parties.iter().filter(|known| known.field.starts_with(signer.side.as_str())).count();
        if same_side > 0 {
            new.field = format!("{}-{}", new.field, same_side + 1);
        }
        parties.push(new);
    }
    let has = |title: &str| parties.iter().any(|party| party.title == title);
    if has(HOST_TITLE) && has("乙方") { Ok(parties) } else { Err(AppError::Unprocessable(&BOTH_SIDES)) }
}

fn party(side: SigningSide, third: usize, organisation: String, account: &Account, step: i32) -> NewParty {
    let (title, title_en) = match side {
        SigningSide::Host => (HOST_TITLE, "Party A"),
        SigningSide::Investor => ("乙方", "Party B"),
        SigningSide::Third => THIRDS.get(third).copied().unwrap_or(("其他方", "Another party")),
    };
    NewParty {
        field: side.as_str().to_owned(),
        title: title.to_owned(),
        title_en: title_en.to_owned(),
        organisation,
        signer_name: account.name.clone(),
        account_id: account.id.clone(),
        step,
        authority: None,
    }
}
