//! The clients of WeChat and SMS against the local stand-in, which is a program of its own.
#![allow(clippy::disallowed_methods, reason = "a test asks the stand-in directly and at the real time")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use palm::platform::clock::Clock;
use palm::platform::http::{Limits, Outgoing, OutgoingError};
use palm::platform::sms::{Sms, SmsAccount, SmsError, SmsRefusal};
use palm::platform::tc3::{Credentials, Request};
use palm::platform::wechat::{
    CallKeys, CallSeal, CallSuite, CodeVersion, ConfirmedPhone, PageCode, PageLink, PagePath, Refusal,
    RefusalKind, Scene, SealError, SendFailure, SubscribeMessage, Wechat, WechatError,
};
use qrcode::{Color, EcLevel, QrCode};
use serde_json::{Value, json};

const LOGIN: &str = "/sns/jscode2session";
const TOKEN: &str = "/cgi-bin/stable_token";
const PHONE: &str = "/wxa/business/getuserphonenumber";
const SEND: &str = "/cgi-bin/message/subscribe/send";
const CODE: &str = "/wxa/getwxacodeunlimit";
const LINK: &str = "/wxa/generate_urllink";
const SITE: &str = "packages/map/site/index";
const LONG_TERM: &str = "standin-long-thing1-time2";
const ONE_TIME: &str = "standin-once-thing1-time2";

/// A running stand-in; it ends with the test.
struct StandIn {
    program: Child,
    base: String,
    client: reqwest::Client,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

impl StandIn {
    fn start() -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_palm-standins"))
            .args(["--bind", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { program, base, client }
    }

    fn wechat(&self) -> Wechat {
        self.wechat_with("wxstandin00000001", "standin-secret")
    }

    fn wechat_with(&self, appid: &str, secret: &str) -> Wechat {
        Wechat::new(appid, secret.into(), &self.base, Outgoing::new(&Limits::default()).unwrap()).unwrap()
    }

    /// The client of an account whose console demands the seal.
    async fn sealing(&self, suite: CallSuite) -> Wechat {
        let name = if suite == CallSuite::Sm { "sm" } else { "aes" };
        let keys = self.post("/api-keys", json!({ "suite": name })).await;
        let text = |name: &str| keys[name].as_str().unwrap();
        let given = CallKeys {
            suite,
            key: &text("key").into(),
            key_serial: text("key_serial"),
            private_key: &text("private_key").into(),
            private_key_serial: text("private_key_serial"),
            certificate: text("certificate"),
            certificate_serial: text("certificate_serial"),
        };
        self.wechat().sealing(CallSeal::new("wxstandin00000001", &given).unwrap(), Clock::default())
    }

    fn sms(&self, secret_key: &str) -> Sms {
        Sms::new(account(secret_key), &self.base, Outgoing::new(&Limits::default()).unwrap()).unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.client.post(format!("{}{path}", self.base)).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path} {}", answer.status());
        answer.json().await.unwrap_or_default()
    }

    async fn fault(&self, path: &str, kind: &str, times: u32) {
        self.post("/faults", json!({ "path": path, "kind": kind, "times": times })).await;
    }

    async fn refuse(&self, path: &str, code: Value) {
        self.post("/faults", json!({ "path": path, "kind": "error", "code": code })).await;
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await.unwrap();
        answer.json().await.unwrap()
    }

    async fn calls(&self, path: &str) -> usize {
        self.list("/calls").await.iter().filter(|call| call["path"] == path).count()
    }

    async fn code(&self, wanted: Value) -> String {
        self.post("/codes", wanted).await["code"].as_str().unwrap().to_owned()
    }

    async fn openid(&self) -> String {
        self.wechat().login(&self.code(json!({ "login": "yang" })).await).await.unwrap().openid
    }
}

fn account(secret_key: &str) -> SmsAccount {
    SmsAccount {
        credentials: Credentials { secret_id: "standin-sms-id".to_owned(), secret_key: secret_key.into() },
        sdk_app_id: "1400000000".to_owned(),
        sign_name: "弋阳招商".to_owned(),
        region: "ap-guangzhou".to_owned(),
    }
}

fn now() -> DateTime<Utc> {
    Utc::now()
}

fn refusal<T: std::fmt::Debug>(answer: Result<T, WechatError>) -> Refusal {
    match answer {
        Err(WechatError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

fn outgoing<T: std::fmt::Debug>(answer: Result<T, WechatError>) -> OutgoingError {
    match answer {
        Err(WechatError::Outgoing(error)) => error,
        other => panic!("not an error of the connection: {other:?}"),
    }
}

fn message(openid: &str, template_id: &str) -> SubscribeMessage {
    SubscribeMessage {
        openid: openid.to_owned(),
        template_id: template_id.to_owned(),
        page: Some("pages/leads/lead?id=1".to_owned()),
        values: [("thing1", "线索已接收"), ("time2", "2026年11月22日 15:01")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        ..SubscribeMessage::default()
    }
}

#[tokio::test]
async fn a_login_code_is_good_once_and_names_a_stable_person() {
    let standin = StandIn::start();
    let wechat = standin.wechat();
    assert!(wechat.is_stand_in());
    let first = wechat.login("demo-yang").await.unwrap();
    let second = wechat.login("demo-yang.2").await.unwrap();
    assert_eq!((first.openid.len(), &first.openid), (28, &second.openid));
    assert_ne!(first.session_key.expose_text(), second.session_key.expose_text());
    assert_ne!(first.openid, wechat.login("demo-li").await.unwrap().openid);
    let again = refusal(wechat.login("demo-yang").await);
    assert_eq!((again.code, again.kind()), (40_029, RefusalKind::Code));
    assert!(again.rid.is_some(), "{again}");
    assert_eq!(refusal(wechat.login("phone-13800138000").await).kind(), RefusalKind::Code);
}

#[tokio::test]
async fn a_login_code_lives_five_minutes() {
    let standin = StandIn::start();
    let code = standin.code(json!({ "login": "yang" })).await;
    standin.post("/clock", json!({ "advance_seconds": 301 })).await;
    assert_eq!(refusal(standin.wechat().login(&code).await).kind(), RefusalKind::Code);
}

#[tokio::test]
async fn a_wrong_account_is_for_operations() {
    let standin = StandIn::start();
    let wrong_secret = standin.wechat_with("wxstandin00000001", "wrong");
    let wrong_appid = standin.wechat_with("wxstandin00000002", "standin-secret");
    for (wechat, code) in [(wrong_secret, 40_125), (wrong_appid, 40_013)] {
        let login = refusal(wechat.login("demo-yang").await);
        assert_eq!((login.code, login.kind()), (code, RefusalKind::Configuration));
        let phone = refusal(wechat.phone("phone-13800138000", "", now()).await);
        assert_eq!((phone.code, phone.kind()), (code, RefusalKind::Configuration));
    }
}

#[tokio::test]
async fn a_blocked_user_is_told_apart() {
    let standin = StandIn::start();
    standin.refuse(LOGIN, json!(40_226)).await;
    assert_eq!(refusal(standin.wechat().login("demo-yang").await).kind(), RefusalKind::UserBlocked);
}

#[tokio::test]
async fn a_phone_code_is_good_once_and_for_its_person() {
    let standin = StandIn::start();
    let (wechat, openid) = (standin.wechat(), standin.openid().await);
    let phone = wechat.phone("phone-13800138000", &openid, now()).await.unwrap();
    let expected = ConfirmedPhone { number: "13800138000".to_owned(), country_code: "86".to_owned() };
    assert_eq!(phone, expected);
    assert_eq!(refusal(wechat.phone("phone-13800138000", &openid, now()).await).kind(), RefusalKind::Code);
    let bound = standin.code(json!({ "phone": "13900139000", "openid": openid })).await;
    assert_eq!(
        refusal(wechat.phone(&bound, "oStandinSomebodyElse12345678", now()).await).kind(),
        RefusalKind::Code
    );
    assert_eq!(wechat.phone(&bound, &openid, now()).await.unwrap().number, "13900139000");
    assert_eq!(refusal(wechat.phone("demo-yang.9", &openid, now()).await).kind(), RefusalKind::Code);
}

#[tokio::test]
async fn a_stale_watermark_is_refused() {
    let standin = StandIn::start();
    standin.post("/clock", json!({ "advance_seconds": 400 })).await;
    let answer = standin.wechat().phone("phone-13800138000", "", now()).await;
    assert!(matches!(answer, Err(WechatError::Watermark)), "{answer:?}");
}

#[tokio::test]
async fn fifty_at_once_fetch_one_token() {
    let standin = StandIn::start();
    let wechat = standin.wechat();
    let ask = |round: usize| {
        let codes: Vec<_> = (0..50).map(|n| format!("phone-13800138000.{round}-{n}")).collect();
        let wechat = &wechat;
        async move {
            let asked = codes.iter().map(|code| wechat.phone(code, "", now()));
            assert!(join_all(asked).await.iter().all(Result::is_ok));
        }
    };
    ask(1).await;
    assert_eq!(standin.calls(TOKEN).await, 1);
    standin.fault(PHONE, "expired_token", 1).await;
    ask(2).await;
    assert_eq!(standin.calls(TOKEN).await, 2, "one renewal for all who were refused");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let standin = StandIn::start();
    let wechat = standin.wechat();
    for (round, kind) in ["expired_token", "bad_token"].into_iter().enumerate() {
        standin.fault(PHONE, kind, 1).await;
        let code = format!("phone-13800138000.{round}");
        assert!(wechat.phone(&code, "", now()).await.is_ok(), "{kind}");
        assert_eq!(standin.calls(TOKEN).await, round + 2, "{kind}");
    }
    standin.fault(PHONE, "bad_token", 2).await;
    let refused = refusal(wechat.phone("phone-13800138000.x", "", now()).await);
    assert_eq!((refused.code, refused.kind()), (40_001, RefusalKind::Token));
    assert_eq!(standin.calls(PHONE).await, 6, "never a third attempt");
}

#[tokio::test]
async fn while_busy_it_is_asked_three_times_more_with_pauses() {
    let standin = StandIn::start();
    let wechat = standin.wechat();
    standin.fault(LOGIN, "busy", 3).await;
    let began = Instant::now();
    assert!(wechat.login("demo-yang").await.is_ok());
    assert!(began.elapsed() >= Duration::from_millis(520), "{:?}", began.elapsed());
    assert_eq!(standin.calls(LOGIN).await, 4);
    standin.fault(LOGIN, "busy", 9).await;
    let busy = wechat.login("demo-li").await;
    assert!(busy.as_ref().is_err_and(WechatError::is_passing));
    assert_eq!(refusal(busy).kind(), RefusalKind::Busy);
    assert_eq!(standin.calls(LOGIN).await, 8);
}

#[tokio::test]
async fn a_quota_is_not_asked_again() {
    let standin = StandIn::start();
    standin.fault(TOKEN, "quota", 1).await;
    let refused = refusal(standin.wechat().phone("phone-13800138000", "", now()).await);
    assert_eq!((refused.code, refused.kind()), (45_009, RefusalKind::Quota));
    assert_eq!((standin.calls(TOKEN).await, standin.calls(PHONE).await), (1, 0));
}

#[tokio::test]
async fn a_gateway_page_is_not_json() {
    let standin = StandIn::start();
    standin.fault(LOGIN, "html", 1).await;
    let error = outgoing(standin.wechat().login("demo-yang").await);
    assert!(matches!(error, OutgoingError::NotJson(_)), "{error:?}");
}

#[tokio::test]
async fn a_silent_platform_is_given_up_within_three_seconds() {
    let standin = StandIn::start();
    let wechat = standin.wechat();
    standin.fault(LOGIN, "hang", 1).await;
    standin.fault(TOKEN, "hang", 50).await;
    let began = Instant::now();
    let waiting = (0..20).map(|_| wechat.phone("phone-13800138000", "", now()));
    let (login, phones) = tokio::join!(wechat.login("demo-yang"), join_all(waiting));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert!(matches!(outgoing(login), OutgoingError::Timeout));
    for phone in phones {
        assert!(matches!(outgoing(phone), OutgoingError::Timeout));
    }
    assert_eq!(standin.calls(TOKEN).await, 1, "those who waited share the failure");
}

#[tokio::test]
async fn a_platform_that_hangs_after_the_token_is_given_up_within_three_seconds() {
    let standin = StandIn::start();
    standin.fault(TOKEN, "busy", 3).await;
    standin.fault(PHONE, "hang", 1).await;
    let began = Instant::now();
    let error = outgoing(standin.wechat().phone("phone-13800138000", "", now()).await);
    assert!(matches!(error, OutgoingError::Timeout), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_broken_connection_is_told_without_the_secret() {
    let standin = StandIn::start();
    for kind in ["reset", "half_body"] {
        standin.fault(LOGIN, kind, 1).await;
        let error = outgoing(standin.wechat().login(&format!("demo-{kind}")).await);
        assert!(matches!(error, OutgoingError::Cut(_)), "{kind}: {error:?}");
        assert!(error.may_have_happened());
        assert!(!format!("{error:?}").contains("standin-secret"), "{error:?}");
    }
    assert!(standin.wechat().login("demo-reset").await.is_ok(), "a reset request was not carried out");
    let used = refusal(standin.wechat().login("demo-half_body").await);
    assert_eq!(used.kind(), RefusalKind::Code, "a half answered request was");
}

#[tokio::test]
async fn an_answer_larger_than_allowed_is_not_read() {
    let standin = StandIn::start();
    let limits = Limits { answer_bytes: 40, ..Limits::default() };
    let wechat = Wechat::new(
        "wxstandin00000001",
        "standin-secret".into(),
        &standin.base,
        Outgoing::new(&limits).unwrap(),
    );
    let error = outgoing(wechat.unwrap().login("demo-yang").await);
    assert!(matches!(error, OutgoingError::TooLarge(40)), "{error:?}");
}

#[tokio::test]
async fn a_message_arrives_as_it_was_written() {
    let standin = StandIn::start();
    let (wechat, openid) = (standin.wechat(), standin.openid().await);
    let sent = wechat.send(&message(&openid, LONG_TERM)).await.unwrap();
    let messages = standin.list("/messages").await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["openid"], json!(openid));
    assert_eq!(messages[0]["values"]["thing1"], "线索已接收");
    assert_eq!(messages[0]["page"], "pages/leads/lead?id=1");
    assert_eq!(sent.message_id.as_deref(), messages[0]["msgid"].as_str());
}

#[tokio::test]
async fn without_a_credit_no_message_is_sent() {
    let standin = StandIn::start();
    let (wechat, openid) = (standin.wechat(), standin.openid().await);
    standin.post("/accepts", json!({ "openid": openid, "template_id": ONE_TIME })).await;
    assert!(wechat.send(&message(&openid, ONE_TIME)).await.is_ok());
    let gone = wechat.send(&message(&openid, ONE_TIME)).await.unwrap_err();
    assert_eq!(SendFailure::of(&gone), SendFailure::CreditGone);
    assert_eq!(refusal::<()>(Err(gone)).code, 43_101);
}

#[tokio::test]
async fn a_message_that_breaks_the_template_is_the_fault_of_its_words() {
    let standin = StandIn::start();
    let (wechat, openid) = (standin.wechat(), standin.openid().await);
    let mut lacking = message(&openid, LONG_TERM);
    lacking.values.remove("time2");
    let mut extra = message(&openid, LONG_TERM);
    extra.values.insert("phrase3".to_owned(), "已受理".to_owned());
    for (message, key) in [(lacking, "data.time2.value"), (extra, "data.phrase3.value")] {
        let error = wechat.send(&message).await.unwrap_err();
        assert_eq!(SendFailure::of(&error), SendFailure::Content);
        let refused = refusal::<()>(Err(error));
        assert_eq!(refused.code, 47_003);
        assert!(refused.message.contains(key), "{refused}");
    }
    let before = standin.calls(SEND).await;
    let mut unfit = message(&openid, LONG_TERM);
    unfit.values.insert("time2".to_owned(), "昨天".to_owned());
    let error = wechat.send(&unfit).await.unwrap_err();
    assert!(matches!(error, WechatError::Value(_)), "{error}");
    assert_eq!(standin.calls(SEND).await, before, "found before sending");
}

#[tokio::test]
async fn an_unknown_template_or_person_is_told_apart() {
    let standin = StandIn::start();
    let (wechat, openid) = (standin.wechat(), standin.openid().await);
    let template = wechat.send(&message(&openid, "no-such-template")).await.unwrap_err();
    assert_eq!(SendFailure::of(&template), SendFailure::Configuration);
    let person = wechat.send(&message("o-nobody", LONG_TERM)).await.unwrap_err();
    assert_eq!(SendFailure::of(&person), SendFailure::Recipient);
    let template = json!({ "id": "own", "keys": ["thing1", "time2"], "long_term": true });
    standin.post("/templates", template).await;
    assert!(wechat.send(&message(&openid, "own")).await.is_ok());
}

#[tokio::test]
async fn a_request_that_the_network_repeats_is_carried_out_twice() {
    let standin = StandIn::start();
    let openid = standin.openid().await;
    standin.fault(SEND, "duplicate", 1).await;
    assert!(standin.wechat().send(&message(&openid, LONG_TERM)).await.is_ok());
    assert_eq!(standin.list("/messages").await.len(), 2);
}

fn page_code(page: &str, scene: &str) -> PageCode {
    PageCode {
        page: PagePath::new(page).unwrap(),
        scene: Scene::new(scene).unwrap(),
        width: 430,
        version: CodeVersion::Release,
        check_path: true,
    }
}

fn page_link(page: &str, query: &str, days: u8) -> PageLink {
    let page = PagePath::new(page).unwrap();
    PageLink::new(page, query, days, CodeVersion::Release).unwrap()
}

/// The pixels of a PNG of one bit and stored blocks: whether each is dark.
fn dark_pixels(png: &[u8]) -> Vec<Vec<bool>> {
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
    let (width, height) = (number(16), number(20));
    assert_eq!(png[24..29], [1, 0, 0, 0, 0], "one bit, grey, not interlaced");
    let (mut at, mut stream) = (8, Vec::new());
    while at < png.len() {
        let body = &png[at + 8..at + 8 + number(at)];
        if &png[at + 4..at + 8] == b"IDAT" {
            stream.extend_from_slice(body);
        }
        at += number(at) + 12;
    }
    let (mut at, mut rows) = (2, Vec::new());
    while rows.len() < height * (1 + width.div_ceil(8)) {
        let length = usize::from(u16::from_le_bytes([stream[at + 1], stream[at + 2]]));
        rows.extend_from_slice(&stream[at + 5..at + 5 + length]);
        at += 5 + length;
    }
    let row = |row: &[u8]| (0..width).map(|x| row[1 + x / 8] >> (7 - x % 8) & 1 == 0).collect();
    rows.chunks(1 + width.div_ceil(8)).map(row).collect()
}

/// Whether the picture holds, anywhere and at any whole scale, the QR code of this text.
fn shows(pixels: &[Vec<bool>], text: &str) -> bool {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
    let (size, modules) = (code.width(), code.to_colors());
    let Some(top) = pixels.iter().position(|row| row.contains(&true)) else { return false };
    let Some(left) = pixels[top].iter().position(|dark| *dark) else { return false };
    // The upper edge of a finder is seven modules long.
    let cell = pixels[top][left..].iter().take_while(|dark| **dark).count() / 7;
    (0..size * size).all(|n| {
        let (x, y) = (left + (n % size) * cell + cell / 2, top + (n / size) * cell + cell / 2);
        pixels.get(y).and_then(|row| row.get(x)) == Some(&(modules[n] == Color::Dark))
    })
}

#[tokio::test]
async fn a_code_is_a_picture_that_says_page_scene_and_whose_it_is() {
    let standin = StandIn::start();
    let wechat = standin.wechat();
    let scene = "01a19468e47b7222bad3105cb84b789b";
    for width in [280, 430, 1_280] {
        let drawn = wechat.page_code(&PageCode { width, ..page_code(SITE, scene) }).await.unwrap();
        assert_eq!((drawn.media_type, drawn.width, drawn.height), ("image/png", width.into(), width.into()));
        let pixels = dark_pixels(&drawn.bytes);
        assert!(shows(&pixels, &format!("STAND-IN {SITE}?scene={scene}")), "{width}");
        assert!(!shows(&pixels, &format!("STAND-IN {SITE}?scene={}", scene.replace('9', "8"))), "{width}");
        // Below the code stands a band in which letters are light.
        let band = &pixels[usize::from(width - width / 24)];
        assert!(band[0] && band.contains(&false), "{width}");
    }
    let opened = standin.list("/openings").await;
    assert_eq!(opened[0]["page"], json!(format!("{SITE}?scene={scene}")));
}

#[tokio::test]
async fn a_code_that_wechat_would_refuse_is_refused_alike() {
    let standin = StandIn::start();
    let wechat = standin.wechat();
    let unpublished = refusal(wechat.page_code(&page_code("packages/none/none/index", "1")).await);
    assert_eq!((unpublished.code, unpublished.kind()), (41_030, RefusalKind::Configuration));
    let unchecked = PageCode { check_path: false, ..page_code("packages/none/none/index", "1") };
    assert!(wechat.page_code(&unchecked).await.is_ok(), "need not be published yet");
    // What the client never sends, the stand-in refuses all the same.
    let token: Value = standin
        .client
        .post(format!("{}{TOKEN}", standin.base))
        .json(&json!({"grant_type": "client_credential", "appid": "wxstandin00000001", "secret": "standin-secret"}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let token = token["access_token"].as_str().unwrap();
    let ask = async |path: &str, token: &str, body: Value| {
        let url = format!("{}{path}?access_token={token}", standin.base);
        let answer = standin.client.post(url).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "refusals come with 200");
        let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        (answer["errcode"].as_i64().unwrap(), answer["errmsg"].as_str().unwrap().contains("rid: "))
    };
    let long = "f".repeat(33);
    for (body, code) in [
        (json!({"page": SITE}), 40_169),
        (json!({"page": SITE, "scene": long}), 40_169),
        (json!({"page": SITE, "scene": "100%"}), 40_129),
        (json!({"page": SITE, "scene": "场"}), 40_129),
        (json!({"page": format!("/{SITE}"), "scene": "1"}), 41_030),
        (json!({"page": format!("{SITE}?id=1"), "scene": "1", "check_path": false}), 41_030),
        (json!({"page": SITE, "scene": "1", "width": 279}), 40_097),
        (json!({"page": SITE, "scene": "1", "env_version": "beta"}), 40_097),
    ] {
        assert_eq!(ask(CODE, token, body.clone()).await, (code, true), "{body}");
    }
    let (day, year) = (json!(now().timestamp() + 86_400), json!(now().timestamp() + 31_536_000));
    for (body, code) in [
        (json!({"path": "packages/none/none/index", "expire_type": 1, "expire_interval": 1}), 40_165),
        (json!({"path": format!("{SITE}?id=1"), "expire_type": 1, "expire_interval": 1}), 40_165),
        (json!({"path": SITE, "query": "a".repeat(1_025), "expire_type": 1, "expire_interval": 1}), 40_212),
        (json!({"path": SITE, "query": "名=1", "expire_type": 1, "expire_interval": 1}), 40_212),
        (json!({"path": SITE, "expire_type": 1, "expire_interval": 0}), 85_401),
        (json!({"path": SITE, "expire_type": 1, "expire_interval": 31}), 85_401),
        (json!({"path": SITE, "expire_type": 0, "expire_time": year}), 85_401),
        (json!({"path": SITE, "expire_type": 0}), 85_401),
        (json!({"path": SITE, "expire_type": 0, "expire_time": day}), 0),
        (json!({"path": SITE, "expire_type": 1, "expire_interval": 1, "env_version": "beta"}), 85_402),
    ] {
        assert_eq!(ask(LINK, token, body.clone()).await.0, code, "{body}");
    }
    for path in [CODE, LINK] {
        assert_eq!(ask(path, "", json!({})).await.0, 41_001);
        assert_eq!(ask(path, "another", json!({})).await.0, 40_014);
    }
    assert_eq!(
        ask("/wxa/query_urllink", token, json!({"url_link": "https://wxaurl.invalid/x"})).await.0,
        85_403
    );
}

#[tokio::test]
async fn a_code_is_asked_for_as_everything_else_is() {
    let standin = StandIn::start();
    let wechat = standin.wechat();
    let code = page_code(SITE, "1");
    standin.fault(CODE, "busy", 3).await;
    assert!(wechat.page_code(&code).await.is_ok());
    assert_eq!((standin.calls(CODE).await, standin.calls(TOKEN).await), (4, 1));
    standin.fault(CODE, "expired_token", 1).await;
    assert!(wechat.page_code(&code).await.is_ok());
    assert_eq!((standin.calls(CODE).await, standin.calls(TOKEN).await), (6, 2), "one renewal");
    standin.fault(CODE, "bad_token", 2).await;
    assert_eq!(refusal(wechat.page_code(&code).await).kind(), RefusalKind::Token);
    standin.fault(CODE, "quota", 1).await;
    assert_eq!(refusal(wechat.page_code(&code).await).kind(), RefusalKind::Quota);
    standin.refuse(CODE, json!(85_096)).await;
    assert_eq!(refusal(wechat.page_code(&code).await).code, 85_096);
    standin.fault(CODE, "html", 1).await;
    let page = wechat.page_code(&code).await.unwrap_err();
    assert!(matches!(page, WechatError::NotAPicture) && page.is_passing(), "{page:?}");
    for (kind, cut) in [("half_body", true), ("reset", true), ("huge", false)] {
        standin.fault(CODE, kind, 1).await;
        match outgoing(wechat.page_code(&code).await) {
            OutgoingError::Cut(_) if cut => {}
            OutgoingError::TooLarge(_) if !cut => {}
            other => panic!("{kind}: {other:?}"),
        }
    }
    standin.fault(CODE, "hang", 1).await;
    let began = Instant::now();
    assert!(matches!(outgoing(wechat.page_code(&code).await), OutgoingError::Timeout));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    let before = standin.calls(CODE).await;
    let narrow = wechat.page_code(&PageCode { width: 100, ..code }).await;
    assert!(matches!(narrow, Err(WechatError::Unfit("width"))));
    assert_eq!(standin.calls(CODE).await, before, "found before sending");
}

#[tokio::test]
async fn a_link_opens_its_page_for_so_many_days() {
    let standin = StandIn::start();
    let wechat = standin.wechat();
    let link = wechat.page_link(&page_link(SITE, "id=1&token=a%2Fb", 30)).await.unwrap();
    assert!(link.starts_with("https://wxaurl.invalid/standin-") && link.len() < 60, "{link}");
    let opened = standin.list("/openings").await;
    assert_eq!(
        (&opened[0]["link"], &opened[0]["page"]),
        (&json!(link), &json!(format!("{SITE}?id=1&token=a%2Fb")))
    );
    let bare = wechat.page_link(&page_link("pages/home/index", "", 1)).await.unwrap();
    assert_ne!(bare, link);
    let unknown = refusal(wechat.page_link(&page_link("packages/none/none/index", "", 1)).await);
    assert_eq!((unknown.code, unknown.kind()), (40_165, RefusalKind::Configuration));
    standin.fault(LINK, "bad_token", 1).await;
    assert!(wechat.page_link(&page_link(SITE, "", 1)).await.is_ok());
    standin.fault(LINK, "html", 1).await;
    assert!(matches!(outgoing(wechat.page_link(&page_link(SITE, "", 1)).await), OutgoingError::NotJson(_)));
    standin.fault(LINK, "half_body", 1).await;
    assert!(matches!(outgoing(wechat.page_link(&page_link(SITE, "", 1)).await), OutgoingError::Cut(_)));
}

#[tokio::test]
async fn a_text_arrives_as_it_was_written() {
    let standin = StandIn::start();
    let sms = standin.sms("standin-sms-key");
    let receipt = sms.send("13800138000", "1110", &["482913", "5"], now()).await.unwrap();
    let texts = standin.list("/sms").await;
    assert_eq!(texts.len(), 1);
    assert_eq!(texts[0]["phone"], "13800138000");
    assert_eq!(texts[0]["params"], json!(["482913", "5"]));
    assert_eq!(texts[0]["sign_name"], "弋阳招商");
    assert_eq!(texts[0]["serial_no"], json!(receipt.serial_no));
}

#[tokio::test]
async fn a_forged_signature_sends_nothing() {
    let standin = StandIn::start();
    let forged = standin.sms("another key").send("13800138000", "1110", &["482913"], now()).await;
    assert_refused(forged, "AuthFailure.SignatureFailure", SmsRefusal::Configuration);
    let late = now() - chrono::TimeDelta::minutes(6);
    let late = standin.sms("standin-sms-key").send("13800138000", "1110", &["482913"], late).await;
    assert_refused(late, "AuthFailure.SignatureExpire", SmsRefusal::Configuration);
    assert_eq!(changed_after_signing(&standin).await, "AuthFailure.SignatureFailure");
    assert!(standin.list("/sms").await.is_empty());
}

fn assert_refused<T: std::fmt::Debug>(
    answer: Result<T, SmsError>,
    expected: &str,
    expected_kind: SmsRefusal,
) {
    match answer {
        Err(SmsError::Refused { kind, code, .. }) => {
            assert_eq!((code.as_str(), kind), (expected, expected_kind));
        }
        other => panic!("not refused: {other:?}"),
    }
}

async fn changed_after_signing(standin: &StandIn) -> String {
    let host = standin.base.trim_start_matches("http://");
    let (content_type, at) = ("application/json; charset=utf-8", now());
    let signed = Request { service: "sms", host, content_type, action: Some("SendSms"), body: b"{}", at };
    let answer = standin
        .client
        .post(&standin.base)
        .header("authorization", signed.authorization(&account("standin-sms-key").credentials))
        .header("content-type", content_type)
        .header("x-tc-action", "SendSms")
        .header("x-tc-version", "2021-01-11")
        .header("x-tc-timestamp", at.timestamp())
        .body(r#"{"PhoneNumberSet":["+8613800138000"]}"#)
        .send()
        .await
        .unwrap();
    let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    answer["Response"]["Error"]["Code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_text_that_is_refused_says_what_to_do() {
    let standin = StandIn::start();
    let sms = standin.sms("standin-sms-key");
    let send = async || sms.send("13800138000", "1110", &["482913"], now()).await;
    standin.fault("/", "quota", 1).await;
    assert_refused(send().await, "LimitExceeded.PhoneNumberDailyLimit", SmsRefusal::TooOften);
    standin.fault("/", "busy", 1).await;
    assert_refused(send().await, "InternalError.Timeout", SmsRefusal::Busy);
    standin.refuse("/", json!("FailedOperation.PhoneNumberInBlacklist")).await;
    assert_refused(send().await, "FailedOperation.PhoneNumberInBlacklist", SmsRefusal::Recipient);
    let template = sms.send("13800138000", "not a number", &[], now()).await;
    assert_refused(template, "FailedOperation.TemplateIncorrectOrUnapproved", SmsRefusal::Configuration);
    standin.fault("/", "half_body", 1).await;
    let cut = send().await;
    assert!(matches!(cut, Err(SmsError::Outgoing(OutgoingError::Cut(_)))), "{cut:?}");
    assert_eq!(standin.list("/sms").await.len(), 1, "the cut text was sent and is not repeated");
    standin.fault("/", "hang", 1).await;
    let began = Instant::now();
    assert!(matches!(send().await, Err(SmsError::Outgoing(OutgoingError::Timeout))));
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn the_stand_in_says_what_it_is() {
    let standin = StandIn::start();
    standin.sms("standin-sms-key").send("13800138000", "1110", &["482913"], now()).await.unwrap();
    let page = standin.client.get(&standin.base).send().await.unwrap();
    assert_eq!(page.headers()["x-standin"], "1");
    let page = page.text().await.unwrap();
    for part in ["本地替身", "Local stand-in", "482913", "13800138000"] {
        assert!(page.contains(part), "{part}");
    }
}

#[tokio::test]
async fn faults_can_be_listed_and_cleared() {
    let standin = StandIn::start();
    standin.fault(LOGIN, "busy", 7).await;
    let listed = standin.list("/faults").await;
    assert_eq!(listed, [json!({ "path": LOGIN, "kind": "busy", "code": null, "times": 7 })]);
    let cleared = standin.client.delete(format!("{}/faults", standin.base)).send().await.unwrap();
    assert!(cleared.status().is_success());
    assert!(standin.list("/faults").await.is_empty());
}

#[test]
fn it_listens_on_this_machine_only() {
    let refused =
        Command::new(env!("CARGO_BIN_EXE_palm-standins")).args(["--bind", "0.0.0.0:0"]).output().unwrap();
    assert!(!refused.status.success());
}

fn unbelieved<T: std::fmt::Debug>(answer: Result<T, WechatError>) -> SealError {
    match answer {
        Err(WechatError::Unbelieved(why)) => why,
        other => panic!("believed, or another error: {other:?}"),
    }
}

#[tokio::test]
async fn every_sealed_call_is_answered_in_either_suite() {
    for suite in [CallSuite::Aes, CallSuite::Sm] {
        let standin = StandIn::start();
        let wechat = standin.sealing(suite).await;
        let openid = standin.openid().await;
        let phone = standin.code(json!({ "phone": "13800138000" })).await;
        assert_eq!(wechat.phone(&phone, &openid, now()).await.unwrap().number, "13800138000");
        assert_eq!(wechat.judge_text(&openid, "一句话").await.unwrap().label, 100);
        let media = palm::platform::wechat::Media::Picture;
        assert!(!wechat.judge_media(&openid, "http://127.0.0.1:1/a.jpg", media).await.unwrap().is_empty());
        assert!(!wechat.page_code(&page_code(SITE, "n=1")).await.unwrap().bytes.is_empty());
        for call in standin.list("/calls").await {
            let may = [PHONE, CODE, "/wxa/msg_sec_check", "/wxa/media_check_async"];
            let path = call["path"].as_str().unwrap();
            assert_eq!(call["sealed"], may.contains(&path), "{path}");
        }
        // What may not be sealed goes as before.
        assert!(wechat.send(&message(&openid, LONG_TERM)).await.is_ok());
    }
}

#[tokio::test]
async fn a_bent_answer_is_not_believed_and_says_why() {
    for suite in [CallSuite::Aes, CallSuite::Sm] {
        let standin = StandIn::start();
        let wechat = standin.sealing(suite).await;
        let openid = standin.openid().await;
        for (wrong, why) in [
            ("plain_answer", SealError::Unsigned),
            ("unsigned", SealError::Unsigned),
            ("bad_signature", SealError::Forged),
            ("swapped_body", SealError::Forged),
            ("old_stamp", SealError::Stale),
            ("other_app", SealError::OtherApp),
            ("other_serial", SealError::Serial),
        ] {
            standin.fault("/wxa/msg_sec_check", wrong, 1).await;
            assert_eq!(unbelieved(wechat.judge_text(&openid, "一句话").await), why, "{wrong}");
        }
        standin.fault("/wxa/msg_sec_check", "rotated", 1).await;
        assert!(wechat.judge_text(&openid, "一句话").await.is_ok());
    }
}

#[tokio::test]
async fn what_is_refused_before_it_is_opened_comes_plainly_and_the_rest_sealed() {
    let standin = StandIn::start();
    let wechat = standin.sealing(CallSuite::Sm).await;
    let openid = standin.openid().await;
    for fault in ["busy", "bad_token", "expired_token"] {
        standin.fault("/wxa/msg_sec_check", fault, 1).await;
        assert!(wechat.judge_text(&openid, "一句话").await.is_ok(), "{fault} is tried again");
    }
    let stranger = format!("oStandin{}", "0".repeat(20));
    assert_eq!(refusal(wechat.judge_text(&stranger, "一句话").await).kind(), RefusalKind::Absent);
    // The same words unsealed are nobody's: they would let a text pass unjudged.
    standin.refuse("/wxa/msg_sec_check", json!(61_010)).await;
    assert_eq!(unbelieved(wechat.judge_text(&openid, "一句话").await), SealError::Unsigned);
    // Other keys than the console's are refused there.
    let _newer = standin.sealing(CallSuite::Sm).await;
    let refused = refusal(wechat.judge_text(&openid, "一句话").await);
    assert_eq!((refused.code, refused.kind()), (40_234, RefusalKind::Configuration));
}
