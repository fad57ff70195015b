//! WeChat's server interface: login, stable token, phone, subscribe messages, content checks, codes and links, with
//! its refusals.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::face::FaceChecks;
use crate::faults::{Kind, Switch};
use crate::sealing::{self, Console};
use crate::{Asked, Reply, keep, picture};

const CODE_LIFE: TimeDelta = TimeDelta::minutes(5);
const TOKEN_LIFE: TimeDelta = TimeDelta::seconds(7_200);
/// The platform renews a stable token this long before its end.
const RENEWAL: TimeDelta = TimeDelta::seconds(300);
const FORCED_A_DAY: usize = 20;
const BETWEEN_FORCED: TimeDelta = TimeDelta::seconds(30);

/// What the mini-program's newest version holds.
const PUBLISHED: &str = include_str!("../miniprogram/src/pages.json");
/// Besides letters and digits, in a scene and in the query of a link.
const MARKS: &str = "!#$&'()*+,/:;=?@-._~";
const LONGEST_LINK_LIFE: TimeDelta = TimeDelta::days(30);

/// `errcode` and what `errmsg` says.
pub type Refused = (i64, String);

#[derive(Clone)]
struct Token {
    text: String,
    ends_at: DateTime<Utc>,
    killed: bool,
}

struct Issued {
    at: DateTime<Utc>,
    /// The only person who may use it.
    openid: Option<String>,
}

/// A code that the stand-in is asked to make up, as WeChat's client would have received it.
#[derive(Deserialize)]
pub struct CodeWanted {
    login: Option<String>,
    phone: Option<String>,
    openid: Option<String>,
}

/// A tap on the phone button of an old client, by the person of a login code.
#[derive(Deserialize)]
pub struct Tap {
    login: String,
    phone: String,
    wrong: Option<TapWrong>,
}

/// What is wrong with it on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TapWrong {
    App,
    Old,
    Padding,
    Form,
    Session,
}

/// A template that the account is to have.
#[derive(Deserialize)]
pub struct NewTemplate {
    id: String,
    keys: Vec<String>,
    #[serde(default)]
    long_term: bool,
}

struct Template {
    keys: Vec<String>,
    long_term: bool,
}

/// The person tapped "accept" `times` times.
#[derive(Deserialize)]
pub struct Accept {
    openid: String,
    template_id: String,
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

/// A subscribe message as the person would have seen it.
#[derive(Debug, Serialize)]
pub struct Message {
    pub at: DateTime<Utc>,
    pub openid: String,
    pub template_id: String,
    pub page: Option<String>,
    pub values: BTreeMap<String, String>,
    /// A text, because it exceeds what a double can hold.
    pub msgid: String,
}

/// A code that was drawn, or a link that was made, with what it opens.
#[derive(Debug, Clone, Serialize)]
pub struct Opening {
    pub at: DateTime<Utc>,
    /// None of a code
    pub link: Option<String>,
    /// Page and query of the mini-program
    pub page: String,
    #[serde(skip)]
    ends_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Pages {
    pages: Vec<PageEntry>,
    #[serde(rename = "subPackages")]
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    root: String,
    pages: Vec<PageEntry>,
}

#[derive(Deserialize)]
struct PageEntry {
    path: String,
}

#[derive(Deserialize)]
struct Sending {
    #[serde(default)]
    touser: String,
    #[serde(default)]
    template_id: String,
    page: Option<String>,
    #[serde(default)]
    data: BTreeMap<String, Datum>,
}

#[derive(Deserialize)]
struct Datum {
    value: Value,
}

pub struct Wechat {
    appid: String,
    secret: String,
    tokens: Vec<Token>,
    forced: Vec<DateTime<Utc>>,
    issued: HashMap<String, Issued>,
    used: HashSet<String>,
    templates: HashMap<String, Template>,
    credits: HashMap<(String, String), u32>,
    messages: VecDeque<Message>,
    published: HashSet<String>,
    openings: VecDeque<Opening>,
    /// When each person was last in the mini-program
    seen: HashMap<String, DateTime<Utc>>,
    next_verdict: Option<Verdict>,
    promise: Option<MediaCheck>,
    pub faces: FaceChecks,
    /// Once API 安全 is set up, every call that may be sealed must be
    console: Option<Console>,
    /// What is wrong with the next sealed answer
    wrong: Option<Kind>,
    /// The session that each person's newest code began
    sessions: HashMap<String, [u8; 16]>,
}

/// What the next checks of a file are to find; a pass when nobody said so.
#[derive(Clone, Deserialize)]
pub struct Verdict {
    pub suggest: String,
    pub label: i64,
    /// -1008: the file could not be fetched
    #[serde(default)]
    pub errcode: i64,
    #[serde(default = "once")]
    pub times: u32,
}

/// A file that the platform has promised to judge.
pub struct MediaCheck {
    pub url: String,
    pub trace_id: String,
    pub verdict: Verdict,
}

impl Wechat {
    pub fn new(appid: String, secret: String) -> Self {
        Self {
            appid,
            secret,
            tokens: Vec::new(),
            forced: Vec::new(),
            issued: HashMap::new(),
            used: HashSet::new(),
            templates: HashMap::new(),
            credits: HashMap::new(),
            messages: VecDeque::new(),
            seen: HashMap::new(),
            next_verdict: None,
            promise: None,
            faces: FaceChecks::default(),
            console: None,
            wrong: None,
            sessions: HashMap::new(),
            published: published(),
            openings: VecDeque::new(),
        }
    }

    pub fn appid(&self) -> &str {
        &self.appid
    }

    /// Newest first.
    pub fn messages(&self) -> &VecDeque<Message> {
        &self.messages
    }

    /// Newest first.
    pub fn openings(&self) -> &VecDeque<Opening> {
        &self.openings
    }

    /// `None` for a path that is not spoken here.
    pub fn answer(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Option<Reply> {
        let wrong = self.wrong.take();
        if self.console.is_none() || !sealing::PATHS.contains(&asked.path) {
            return self.plain_answer(asked, now);
        }
        // Before it has opened a call the platform can only refuse it plainly.
        let opened = match self.check_token(asked, now).and_then(|()| self.console()?.open(asked, now)) {
            Ok(opened) => opened,
            Err((code, message)) => return Some(Reply::Json(refused(code, &message))),
        };
        let said = match self.plain_answer(&Asked { body: &opened, ..*asked }, now)? {
            Reply::Json(said) => said,
            Reply::Picture(drawn) => json!({"errcode": 0, "errmsg": "ok", "buffer": STANDARD.encode(drawn)}),
            other => return Some(other),
        };
        self.console.as_ref()?.seal(asked.path, &said, now, wrong).map(Reply::Sealed)
    }

    fn console(&self) -> Result<&Console, Refused> {
        self.console.as_ref().ok_or_else(|| refuse(40_239, "no public key set"))
    }

    fn plain_answer(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Option<Reply> {
        if asked.path == "/wxa/getwxacodeunlimit" {
            let drawn = self.draw(asked, now).map(Reply::Picture);
            return Some(drawn.unwrap_or_else(|(code, message)| Reply::Json(refused(code, &message))));
        }
        let answer = match asked.path {
            "/wxa/generate_urllink" => self.link(asked, now),
            "/wxa/query_urllink" => self.query_link(asked, now),
            "/sns/jscode2session" => self.login(asked, now),
            "/cgi-bin/stable_token" => self.stable_token(asked, now),
            "/wxa/business/getuserphonenumber" => self.phone(asked, now),
            "/cgi-bin/message/subscribe/send" => self.send(asked, now),
            "/wxa/msg_sec_check" => self.judge_text(asked, now),
            "/wxa/media_check_async" => self.take_media(asked, now),
            "/cityservice/face/identify/getverifyid" => self.begin_face_check(asked, now),
            "/cityservice/face/identify/queryverifyinfo" => self.query_face_check(asked, now),
            _ => return None,
        };
        Some(Reply::Json(answer.unwrap_or_else(|(code, message)| refused(code, &message))))
    }

    /// The refusal that a switch asks for; the token faults really end the token.
    pub fn refusal(&mut self, switch: &Switch) -> Value {
        let asked_for = switch.code.as_ref().and_then(Value::as_i64);
        match switch.kind {
            Kind::BadToken => {
                self.kill_tokens();
                refused(
                    asked_for.unwrap_or(40_001),
                    "invalid credential, access_token is invalid or not latest",
                )
            }
            Kind::ExpiredToken => {
                self.kill_tokens();
                refused(asked_for.unwrap_or(42_001), "access_token expired")
            }
            Kind::Quota => refused(asked_for.unwrap_or(45_009), "reach max api daily quota limit"),
            Kind::Error => refused(asked_for.unwrap_or(40_097), "invalid args"),
            _ => refused(asked_for.unwrap_or(-1), "system error"),
        }
    }

    /// Sets API 安全 up anew; gives what one downloads in the console.
    pub fn set_up_sealing(&mut self, suite: sealing::Suite) -> Option<Value> {
        let (console, download) = Console::draw(suite, &self.appid)?;
        self.console = Some(console);
        Some(download)
    }

    /// The next sealed answer is bent in this way.
    pub fn bend(&mut self, wrong: Kind) {
        self.wrong = Some(wrong);
    }

    /// What an old client's button hands over: the phone encrypted under the session of the person's newest code, and
    /// what WeChat says of them with its signature.
    pub fn tap(&self, tap: &Tap, now: DateTime<Utc>) -> Option<Value> {
        let mut key = *self.sessions.get(&self.openid(&tap.login))?;
        let appid = if tap.wrong == Some(TapWrong::App) { "wxsomebodyelse" } else { &self.appid };
        let at = now.timestamp() - if tap.wrong == Some(TapWrong::Old) { 360 } else { 0 };
        let said = json!({"phoneNumber": tap.phone, "purePhoneNumber": tap.phone, "countryCode": "86",
            "watermark": {"timestamp": at, "appid": appid}});
        let plain = if tap.wrong == Some(TapWrong::Form) { "no JSON".to_owned() } else { said.to_string() };
        let mut bytes = plain.into_bytes();
        let missing = 16 - bytes.len() % 16;
        let padding = if tap.wrong == Some(TapWrong::Padding) { 0 } else { u8::try_from(missing).ok()? };
        bytes.resize(bytes.len() + missing, padding);
        if tap.wrong == Some(TapWrong::Session) {
            key = rand::random();
        }
        let iv: [u8; 16] = rand::random();
        let encrypted = encrypted(&key, iv, bytes)?;
        let raw = json!({"nickName": "示例👩\u{200d}🌾", "gender": 0, "language": "zh_CN"}).to_string();
        let signature = raw_signature(&raw, &STANDARD.encode(key));
        Some(json!({"encryptedData": STANDARD.encode(encrypted), "iv": STANDARD.encode(iv), "rawData": raw,
            "signature": signature}))
    }

    pub fn issue(&mut self, wanted: CodeWanted, now: DateTime<Utc>) -> Option<String> {
        let stem = match (wanted.login, wanted.phone) {
            (Some(name), None) => format!("demo-{name}"),
            (None, Some(phone)) => format!("phone-{phone}"),
            _ => return None,
        };
        if name_of(&stem).is_none() && phone_of(&stem).is_none() {
            return None;
        }
        let code = format!("{stem}.{}", hex::encode(rand::random::<[u8; 8]>()));
        if let Some(name) = name_of(&code) {
            self.sessions.insert(self.openid(name), rand::random());
        }
        self.issued.insert(code.clone(), Issued { at: now, openid: wanted.openid });
        Some(code)
    }

    pub fn add_template(&mut self, template: NewTemplate) {
        let NewTemplate { id, keys, long_term } = template;
        self.templates.insert(id, Template { keys, long_term });
    }

    pub fn accept(&mut self, accept: Accept) {
        *self.credits.entry((accept.openid, accept.template_id)).or_default() += accept.times;
    }

    fn login(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Value, Refused> {
        let given = |name: &str| asked.query.get(name).map(String::as_str).unwrap_or_default();
        self.check_account(given("appid"), given("secret"))?;
        if given("grant_type") != "authorization_code" {
            return Err(refuse(40_002, "invalid grant_type"));
        }
        let code = given("js_code");
        let name = name_of(code).ok_or_else(|| refuse(40_029, "invalid code"))?.to_owned();
        self.use_up(code, None, now)?;
        let openid = self.openid(&name);
        self.seen.insert(openid.clone(), now);
        // A code that was not issued here begins its session now.
        if !self.issued.contains_key(code) {
            self.sessions.insert(openid.clone(), rand::random());
        }
        let session = self.sessions.get(&openid).copied().unwrap_or_else(rand::random::<[u8; 16]>);
        Ok(json!({ "openid": openid, "session_key": STANDARD.encode(session) }))
    }

    fn stable_token(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Value, Refused> {
        let body = posted(asked)?;
        let given = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        if given("grant_type") != "client_credential" {
            return Err(refuse(40_002, "invalid grant_type"));
        }
        self.check_account(given("appid"), given("secret"))?;
        if body.get("force_refresh").and_then(Value::as_bool).unwrap_or(false) {
            self.count_forced(now)?;
            self.kill_tokens();
        }
        let token = self.current_token(now);
        Ok(json!({ "access_token": token.text, "expires_in": (token.ends_at - now).num_seconds() }))
    }

    fn phone(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Value, Refused> {
        self.check_token(asked, now)?;
        let body = posted(asked)?;
        let given = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let code = given("code");
        let phone = phone_of(code).ok_or_else(|| refuse(40_029, "invalid code"))?.to_owned();
        self.use_up(code, Some(given("openid")), now)?;
        Ok(json!({
            "errcode": 0,
            "errmsg": "ok",
            "phone_info": {
                "phoneNumber": phone,
                "purePhoneNumber": phone,
                "countryCode": "86",
                "watermark": { "timestamp": now.timestamp(), "appid": self.appid },
            },
        }))
    }

    fn send(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Value, Refused> {
        self.check_token(asked, now)?;
        let body = posted(asked)?;
        let sending: Sending =
            serde_json::from_value(body).map_err(|_| refuse(47_001, "data format error"))?;
        if !is_openid(&sending.touser) {
            return Err(refuse(40_003, "invalid openid"));
        }
        let template = self.template(&sending.template_id);
        let Template { keys, long_term } = template.ok_or_else(|| refuse(40_037, "invalid template_id"))?;
        let values = checked_values(&keys, sending.data)?;
        if !long_term {
            self.spend_credit(&sending.touser, &sending.template_id)?;
        }
        let msgid = (1_u64 << 60) + u64::from(rand::random::<u32>());
        let message = Message {
            at: now,
            openid: sending.touser,
            template_id: sending.template_id,
            page: sending.page,
            values,
            msgid: msgid.to_string(),
        };
        keep(&mut self.messages, message);
        Ok(json!({ "errcode": 0, "errmsg": "ok", "msgid": msgid }))
    }

    /// Someone is in the mini-program, as if they had opened it.
    pub fn see(&mut self, openid: String, now: DateTime<Utc>) {
        self.seen.insert(openid, now);
    }

    pub fn set_verdict(&mut self, verdict: Verdict) {
        self.next_verdict = Some(verdict);
    }

    /// The words 违规样例 are risky, 存疑样例 are for a person to look at.
    fn judge_text(&self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Value, Refused> {
        self.check_token(asked, now)?;
        let body = posted(asked)?;
        let content = body.get("content").and_then(Value::as_str).unwrap_or_default();
        if content.is_empty() || content.chars().count() > 2_500 || body.get("version") != Some(&json!(2)) {
            return Err(refuse(47_001, "data format error"));
        }
        self.check_person(&body, now)?;
        let (suggest, label) = match content {
            text if text.contains("违规样例") => ("risky", 20_006),
            text if text.contains("存疑样例") => ("review", 10_001),
            _ => ("pass", 100),
        };
        let detail = json!([{"strategy": "content_model", "errcode": 0, "suggest": suggest, "label": label, "prob": 90}]);
        let result = json!({"suggest": suggest, "label": label});
        Ok(json!({"errcode": 0, "errmsg": "ok", "result": result, "detail": detail, "trace_id": trace()}))
    }

    fn take_media(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Value, Refused> {
        self.check_token(asked, now)?;
        let body = posted(asked)?;
        if !matches!(body.get("media_type").and_then(Value::as_i64), Some(1 | 2)) {
            return Err(refuse(40_004, "invalid media_type"));
        }
        let url = body.get("media_url").and_then(Value::as_str).unwrap_or_default();
        if url.is_empty() || body.get("version") != Some(&json!(2)) {
            return Err(refuse(47_001, "data format error"));
        }
        self.check_person(&body, now)?;
        let pass = Verdict { suggest: "pass".to_owned(), label: 100, errcode: 0, times: 1 };
        let verdict = self.next_verdict.clone().unwrap_or(pass);
        self.next_verdict =
            self.next_verdict.take().filter(|v| v.times > 1).map(|v| Verdict { times: v.times - 1, ..v });
        let trace_id = trace();
        self.promise = Some(MediaCheck { url: url.to_owned(), trace_id: trace_id.clone(), verdict });
        Ok(json!({"errcode": 0, "errmsg": "ok", "trace_id": trace_id}))
    }

    fn begin_face_check(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Value, Refused> {
        self.check_token(asked, now)?;
        let body = posted(asked)?;
        let known = body["openid"].as_str().is_some_and(is_openid);
        self.faces.begin(&body, known, now)
    }

    fn query_face_check(&self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Value, Refused> {
        self.check_token(asked, now)?;
        self.faces.query(&posted(asked)?, now)
    }

    /// What the last answer has promised.
    pub fn promised(&mut self) -> Option<MediaCheck> {
        self.promise.take()
    }

    fn check_person(&self, body: &Value, now: DateTime<Utc>) -> Result<(), Refused> {
        if !matches!(body.get("scene").and_then(Value::as_i64), Some(1..=4)) {
            return Err(refuse(40_129, "invalid scene"));
        }
        let openid = body.get("openid").and_then(Value::as_str).unwrap_or_default();
        if !is_openid(openid) {
            return Err(refuse(40_003, "invalid openid"));
        }
        match self.seen.get(openid) {
            Some(at) if now - *at <= TimeDelta::hours(2) => Ok(()),
            _ => Err(refuse(61_010, "code is expired")),
        }
    }

    /// A code is a QR code that names the stand-in, the page and the scene.
    fn draw(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Vec<u8>, Refused> {
        self.check_token(asked, now)?;
        let body = posted(asked)?;
        let given = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let scene = given("scene");
        if scene.is_empty() || scene.chars().count() > 32 {
            return Err(refuse(40_169, "invalid length for scene, or the data is not json string"));
        }
        if !made_of_marks(scene, "") {
            return Err(refuse(40_129, "invalid scene"));
        }
        let page = Some(given("page")).filter(|page| !page.is_empty()).unwrap_or("pages/home/index");
        let checked = body.get("check_path").and_then(Value::as_bool).unwrap_or(true);
        if page.starts_with('/') || page.contains('?') || checked && !self.published.contains(page) {
            return Err(refuse(41_030, "invalid page"));
        }
        if !is_version(&body) {
            return Err(refuse(40_097, "invalid args"));
        }
        let width = body.get("width").map_or(Some(430), Value::as_u64);
        let width =
            width.filter(|width| (280..=1_280).contains(width)).and_then(|width| width.try_into().ok());
        let width: usize = width.ok_or_else(|| refuse(40_097, "invalid args"))?;
        let page = format!("{page}?scene={scene}");
        let drawn = picture::draw(&format!("STAND-IN {page}"), width);
        keep(&mut self.openings, Opening { at: now, link: None, page, ends_at: DateTime::<Utc>::MAX_UTC });
        drawn.ok_or_else(|| refuse(-1, "system error"))
    }

    fn link(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Value, Refused> {
        self.check_token(asked, now)?;
        let body = posted(asked)?;
        let given = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let number = |name: &str| body.get(name).and_then(Value::as_i64);
        let (path, query) = (given("path").trim_start_matches('/'), given("query"));
        if !self.published.contains(path) {
            return Err(refuse(40_165, "invalid weapp pagepath"));
        }
        if query.chars().count() > 1_024 || !made_of_marks(query, "%") {
            return Err(refuse(40_212, "invalid query"));
        }
        if !is_version(&body) {
            return Err(refuse(85_402, "invalid env_version"));
        }
        let ends_at = match number("expire_type") {
            Some(1) => number("expire_interval")
                .filter(|days| (1..=30).contains(days))
                .map(|days| now + TimeDelta::days(days)),
            _ => number("expire_time")
                .and_then(|at| DateTime::from_timestamp(at, 0))
                .filter(|at| *at - now >= TimeDelta::minutes(1) && *at - now <= LONGEST_LINK_LIFE),
        };
        let ends_at = ends_at.ok_or_else(|| refuse(85_401, "invalid expire_time or expire_interval"))?;
        let ticket = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 9]>());
        let link = format!("https://wxaurl.invalid/standin-{ticket}");
        let page = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        keep(&mut self.openings, Opening { at: now, link: Some(link.clone()), page, ends_at });
        Ok(json!({ "errcode": 0, "errmsg": "ok", "url_link": link }))
    }

    fn query_link(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Value, Refused> {
        self.check_token(asked, now)?;
        let body = posted(asked)?;
        let wanted = body.get("url_link").and_then(Value::as_str);
        let known =
            self.openings.iter().find(|opening| wanted.is_some() && opening.link.as_deref() == wanted);
        let known = known.ok_or_else(|| refuse(85_403, "url_link not found"))?;
        let (path, query) = known.page.split_once('?').unwrap_or((known.page.as_str(), ""));
        Ok(json!({
            "errcode": 0,
            "errmsg": "ok",
            "url_link_info": {
                "appid": self.appid,
                "path": path,
                "query": query,
                "create_time": known.at.timestamp(),
                "expire_time": known.ends_at.timestamp(),
            },
        }))
    }

    fn check_account(&self, appid: &str, secret: &str) -> Result<(), Refused> {
        if appid.is_empty() {
            Err(refuse(41_002, "appid missing"))
        } else if secret.is_empty() {
            Err(refuse(41_004, "appsecret missing"))
        } else if appid != self.appid {
            Err(refuse(40_013, "invalid appid"))
        } else if secret != self.secret {
            Err(refuse(40_125, "invalid appsecret"))
        } else {
            Ok(())
        }
    }

    fn check_token(&self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<(), Refused> {
        let given = asked.query.get("access_token").map(String::as_str).unwrap_or_default();
        if given.is_empty() {
            return Err(refuse(41_001, "access_token missing"));
        }
        match self.tokens.iter().find(|token| token.text == given) {
            None => Err(refuse(40_014, "invalid access_token")),
            Some(token) if token.killed => {
                Err(refuse(40_001, "invalid credential, access_token is invalid or not latest"))
            }
            Some(token) if token.ends_at <= now => Err(refuse(42_001, "access_token expired")),
            Some(_) => Ok(()),
        }
    }

    /// The same token until 5 minutes before its end; the old one lives on until then.
    fn current_token(&mut self, now: DateTime<Utc>) -> Token {
        let current = |token: &&Token| !token.killed && token.ends_at - now > RENEWAL;
        if let Some(token) = self.tokens.iter().find(current) {
            return token.clone();
        }
        let text = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>().repeat(3));
        let token = Token { text, ends_at: now + TOKEN_LIFE, killed: false };
        self.tokens.push(token.clone());
        token
    }

    fn kill_tokens(&mut self) {
        for token in &mut self.tokens {
            token.killed = true;
        }
    }

    fn count_forced(&mut self, now: DateTime<Utc>) -> Result<(), Refused> {
        self.forced.retain(|at| now - *at < TimeDelta::days(1));
        if self.forced.last().is_some_and(|at| now - *at < BETWEEN_FORCED) {
            return Err(refuse(45_011, "api minute-quota reach limit, must slower"));
        }
        if self.forced.len() >= FORCED_A_DAY {
            return Err(refuse(45_009, "reach max api daily quota limit"));
        }
        self.forced.push(now);
        Ok(())
    }

    /// Each code is good once; one that was issued here, for 5 minutes and for its person.
    fn use_up(&mut self, code: &str, openid: Option<&str>, now: DateTime<Utc>) -> Result<(), Refused> {
        if self.used.contains(code) {
            return Err(refuse(40_029, "invalid code, it has been used"));
        }
        if let Some(issued) = self.issued.get(code) {
            if now - issued.at > CODE_LIFE {
                return Err(refuse(40_029, "invalid code, it has expired"));
            }
            let sent_along = openid.filter(|openid| !openid.is_empty());
            if sent_along.is_some() && issued.openid.is_some() && issued.openid.as_deref() != sent_along {
                return Err(refuse(40_029, "invalid code, it belongs to another user"));
            }
        }
        self.used.insert(code.to_owned());
        Ok(())
    }

    fn openid(&self, name: &str) -> String {
        let digest = Sha256::digest(format!("{}:{name}", self.appid));
        let text = URL_SAFE_NO_PAD.encode(digest);
        format!("oStandin{}", text.get(..20).unwrap_or_default())
    }

    /// A template that was added, or one whose id says what it holds: `standin-once-thing1-time2` (a credit
    /// for each message) or `standin-long-thing1-time2` (as public services have).
    fn template(&self, id: &str) -> Option<Template> {
        if let Some(Template { keys, long_term }) = self.templates.get(id) {
            return Some(Template { keys: keys.clone(), long_term: *long_term });
        }
        let (term, keys) = id.strip_prefix("standin-")?.split_once('-')?;
        let long_term = match term {
            "long" => true,
            "once" => false,
            _ => return None,
        };
        Some(Template { keys: keys.split('-').map(str::to_owned).collect(), long_term })
    }

    fn spend_credit(&mut self, openid: &str, template_id: &str) -> Result<(), Refused> {
        let credits = self.credits.entry((openid.to_owned(), template_id.to_owned())).or_default();
        match credits.checked_sub(1) {
            Some(left) => {
                *credits = left;
                Ok(())
            }
            None => Err(refuse(43_101, "user refuse to accept the msg")),
        }
    }
}

fn trace() -> String {
    let [a, b, c]: [u32; 3] = rand::random();
    format!("{a:08x}-{b:08x}-{c:08x}")
}

/// Every page of the mini-program, as its codes name them.
fn published() -> HashSet<String> {
    let Ok(Pages { pages, packages }) = serde_json::from_str(PUBLISHED) else { return HashSet::new() };
    let inner = packages.into_iter().flat_map(|Package { root, pages }| {
        pages.into_iter().map(move |page| format!("{root}/{}", page.path))
    });
    pages.into_iter().map(|page| page.path).chain(inner).collect()
}

/// AES-128-CBC over what is padded already.
fn encrypted(key: &[u8], iv: [u8; 16], mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let sealing = EncryptingKey::cbc(UnboundCipherKey::new(&AES_128, key).ok()?).ok()?;
    sealing.less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(iv.into())).ok()?;
    Some(bytes)
}

/// What the key's text signs of the data that every client may see.
fn raw_signature(raw: &str, session_key: &str) -> String {
    hex::encode(Sha1::digest([raw, session_key].concat()))
}

fn made_of_marks(text: &str, more: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || MARKS.contains(c) || more.contains(c))
}

fn is_version(body: &Value) -> bool {
    let version = body.get("env_version").map_or(Some("release"), Value::as_str);
    matches!(version, Some("release" | "trial" | "develop"))
}

pub fn refuse(code: i64, message: &str) -> Refused {
    (code, message.to_owned())
}

fn refused(code: i64, message: &str) -> Value {
    let [a, b]: [u32; 2] = rand::random();
    json!({ "errcode": code, "errmsg": format!("{message} rid: {a:08x}-{b:08x}-standin") })
}

fn posted(asked: &Asked<'_>) -> Result<Value, Refused> {
    if asked.method != "POST" {
        return Err(refuse(43_002, "require POST method"));
    }
    if asked.body.is_empty() {
        return Err(refuse(44_002, "empty post data"));
    }
    serde_json::from_slice(asked.body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| refuse(47_001, "data format error"))
}

/// The name in `demo-<name>` or `demo-<name>.<anything>`; the second form lets a client make a new code
/// for each login, as WeChat's does.
fn name_of(code: &str) -> Option<&str> {
    let name = stem(code).strip_prefix("demo-")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    ((1..=32).contains(&name.len()) && name.bytes().all(plain)).then_some(name)
}

/// The phone in `phone-<11 digits>` or `phone-<11 digits>.<anything>`.
fn phone_of(code: &str) -> Option<&str> {
    let phone = stem(code).strip_prefix("phone-")?;
    (phone.len() == 11 && phone.bytes().all(|byte| byte.is_ascii_digit())).then_some(phone)
}

fn stem(code: &str) -> &str {
    code.split_once('.').map_or(code, |(stem, _)| stem)
}

/// By its form alone, so that a restart of the stand-in forgets nobody.
fn is_openid(text: &str) -> bool {
    text.len() == 28 && text.starts_with("oStandin")
}

fn checked_values(
    keys: &[String],
    data: BTreeMap<String, Datum>,
) -> Result<BTreeMap<String, String>, Refused> {
    if let Some(missing) = keys.iter().find(|key| !data.contains_key(*key)) {
        return Err(invalid(missing, "is empty"));
    }
    let mut values = BTreeMap::new();
    for (key, datum) in data {
        let value = match datum.value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        if !keys.contains(&key) {
            return Err(invalid(&key, "is not in the template"));
        }
        if value.trim().is_empty() {
            return Err(invalid(&key, "is empty"));
        }
        if !value_fits(key.trim_end_matches(char::is_numeric), &value) {
            return Err(invalid(&key, "invalid"));
        }
        values.insert(key, value);
    }
    Ok(values)
}

fn invalid(key: &str, why: &str) -> Refused {
    (47_003, format!("argument invalid! data.{key}.value {why}"))
}

/// The value rules as lengths and alphabets; of dates and times only that they look like one.
fn value_fits(kind: &str, value: &str) -> bool {
    let length = value.chars().count();
    let made_of = |allowed: &str, most: usize| {
        length <= most && value.chars().all(|letter| letter.is_ascii_digit() || allowed.contains(letter))
    };
    if value.chars().any(char::is_control) {
        return false;
    }
    match kind {
        "thing" => length <= 20,
        "number" => made_of(".", 32),
        "letter" => length <= 32 && value.chars().all(|letter| letter.is_ascii_alphabetic()),
        "symbol" => length <= 5 && !value.chars().any(char::is_alphanumeric),
        "character_string" => length <= 32 && value.chars().all(|letter| letter.is_ascii_graphic()),
        "time" => made_of("年月日-/.:~ ", 64) && value.contains(':'),
        "date" => made_of("年月日-/.:~ ", 64) && value.contains(['年', '-', '/', '.']),
        "amount" => {
            made_of("¥￥$€£.元", 14) && value.chars().filter(|letter| letter.is_ascii_digit()).count() <= 10
        }
        "phone_number" => made_of("+-()", 17),
        "car_number" => length <= 8,
        "name" => length <= 10 || (value.is_ascii() && length <= 20),
        "phrase" => length <= 5 && !value.is_ascii(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_whose_it_is() {
        for (code, name) in [
            ("demo-yang", Some("yang")),
            ("demo-county_01-a.1700000000", Some("county_01-a")),
            ("demo-", None),
            ("demo-.1", None),
            ("phone-13800138000", None),
            ("demo-杨", None),
        ] {
            assert_eq!(name_of(code), name, "{code}");
        }
        for (code, phone) in [
            ("phone-13800138000", Some("13800138000")),
            ("phone-13800138000.x", Some("13800138000")),
            ("phone-1380013800", None),
            ("demo-yang", None),
        ] {
            assert_eq!(phone_of(code), phone, "{code}");
        }
    }

    #[test]
    fn the_given_data_of_old_clients_is_made_byte_for_byte() {
        let file: Value = serde_json::from_str(include_str!("../tests/vectors/wechat.json")).unwrap();
        let given = |id: &str| {
            let all = file["vectors"].as_array().unwrap();
            all.iter().find(|vector| vector["id"] == id).unwrap().clone()
        };
        let phone = given("wx-phone-encrypteddata");
        let bytes = |name: &str| STANDARD.decode(phone["input"][name].as_str().unwrap()).unwrap();
        let mut plain = phone["expected"]["plaintext"].as_str().unwrap().as_bytes().to_vec();
        let missing = 16 - plain.len() % 16;
        plain.resize(plain.len() + missing, u8::try_from(missing).unwrap());
        let iv = bytes("iv").try_into().unwrap();
        assert_eq!(encrypted(&bytes("session_key"), iv, plain).unwrap(), bytes("encryptedData"));
        let raw = given("wx-rawdata-signature");
        let text = |name: &str| raw["input"][name].as_str().unwrap();
        assert_eq!(raw_signature(text("rawData"), text("session_key")), raw["expected"]["signature"]);
    }

    #[test]
    fn the_pages_of_the_mini_program_are_known() {
        let pages = published();
        for page in ["pages/home/index", "packages/map/site/index", "packages/gatherings/gathering/index"] {
            assert!(pages.contains(page), "{page}");
        }
    }

    #[test]
    fn an_openid_is_stable_and_looks_like_one() {
        let wechat = Wechat::new("wxstandin00000001".to_owned(), "s".to_owned());
        let openid = wechat.openid("yang");
        assert!(is_openid(&openid), "{openid}");
        assert_eq!(openid, wechat.openid("yang"));
        assert_ne!(openid, wechat.openid("li"));
    }

    #[test]
    fn a_stable_token_is_renewed_in_its_last_five_minutes() {
        let mut wechat = Wechat::new("a".to_owned(), "s".to_owned());
        let start = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let mut at = |seconds| wechat.current_token(start + TimeDelta::seconds(seconds)).text;
        let first = at(0);
        assert_eq!(at(6_899), first);
        assert_ne!(at(6_900), first);
    }

    #[test]
    fn a_forced_renewal_is_rare() {
        let mut wechat = Wechat::new("a".to_owned(), "s".to_owned());
        let start = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let mut code =
            |seconds| wechat.count_forced(start + TimeDelta::seconds(seconds)).err().map(|(c, _)| c);
        assert_eq!((code(0), code(29)), (None, Some(45_011)));
        for n in 1..20 {
            assert_eq!(code(n * 30), None);
        }
        assert_eq!(code(600), Some(45_009));
        assert_eq!(code(86_400), None);
    }
}
