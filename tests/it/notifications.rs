//! Notifications: what happened is told once, to whom it concerns, in the inbox and through WeChat.
use crate::support::{Person, TestApp};
use crate::talks::{confirmed, host};
use actix_web::{App, HttpServer, web};
use palm::deals::talks::jobs::remind_talks;
use palm::libraries::industry::Industry;
use palm::people::auth::Role;
use palm::platform::clock::Time;
use palm::views::notifications::{send_deliveries, sum_up, tell};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

async fn inbox(test: &TestApp, person: &Person) -> Value {
    test.get("/api/v1/notifications", Some(person)).await.expect(200)
}

async fn submit(test: &TestApp) {
    let consultant = test.person(Role::Consultant).await;
    let body = json!({"enterprise_name": "腾飞竹业", "contact_name": "王小明", "contact_phone": "19000000001",
        "industry": "bamboo", "intention": "建厂"});
    test.post("/api/v1/leads", Some(&consultant), &body).await.expect(201);
}

#[actix_web::test]
async fn what_happened_is_told_once_and_read_once() {
    let test = TestApp::start().await;
    let (force, other) = (test.person(Role::InformationTaskForce).await, test.person(Role::Consultant).await);
    submit(&test).await;
    let (one, two) = futures_util::join!(tell(&test.app), tell(&test.app));
    one.and(two).unwrap();
    tell(&test.app).await.unwrap();
    let mine = inbox(&test, &force).await;
    assert_eq!((mine["items"].as_array().unwrap().len(), &mine["unread"]), (1, &json!(1)));
    assert_eq!(
        (&mine["items"][0]["kind"], &mine["items"][0]["title"]),
        (&json!("lead"), &json!("新的招商信息"))
    );
    assert!(mine["items"][0].get("account_id").is_none());
    assert_eq!(inbox(&test, &other).await["unread"], 0);
    let path = format!("/api/v1/notifications/{}/reads", mine["items"][0]["id"].as_str().unwrap());
    assert_eq!(test.post(&path, Some(&other), &json!({})).await.status, 404);
    assert_eq!(test.post(&path, Some(&force), &json!({})).await.status, 204);
    let read = test.get("/api/v1/notifications?unread=true", Some(&force)).await.expect(200);
    assert_eq!((&read["items"], &read["unread"]), (&json!([]), &json!(0)));
    submit(&test).await;
    tell(&test.app).await.unwrap();
    assert_eq!(test.post("/api/v1/notifications/reads", Some(&force), &json!({})).await.status, 204);
    assert_eq!(inbox(&test, &force).await["unread"], 0);
}

/// Stands in for WeChat: counts messages and answers with a chosen code.
struct Wechat {
    url: String,
    code: Arc<AtomicI64>,
    sent: Arc<AtomicUsize>,
}

fn wechat() -> Wechat {
    let (code, sent) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicUsize::new(0)));
    let (c, s) = (code.clone(), sent.clone());
    let server = HttpServer::new(move || {
        let (c, s) = (c.clone(), s.clone());
        App::new()
            .route(
                "/cgi-bin/stable_token",
                web::post().to(|| async { web::Json(json!({"access_token": "t", "expires_in": 7200})) }),
            )
            .route(
                "/cgi-bin/message/subscribe/send",
                web::post().to(move |body: web::Json<Value>| {
                    let (code, sent) = (c.load(Ordering::SeqCst), s.clone());
                    async move {
                        assert_eq!(body["data"]["thing1"]["value"], "竹纤维项目");
                        sent.fetch_add(1, Ordering::SeqCst);
                        web::Json(json!({"errcode": code, "errmsg": "x"}))
                    }
                }),
            )
    })
    .workers(1)
    .bind("127.0.0.1:0")
    .unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    Wechat { url, code, sent }
}

/// A talk's event for `reader`, who came through WeChat.
async fn happen(test: &TestApp, reader: &Person) {
    wechat_identity(test, reader).await;
    let (reader, now) = (reader.id.clone(), test.app.now());
    let payload = json!({"reader_ids": [reader], "title_zh": "洽谈已确认", "title_en": "Confirmed", "body_zh": "文",
        "body_en": "text", "link": format!("/talks/{reader}"),
        "template": {"key": "talk", "values": {"thing1": "竹纤维项目"}}});
    let at = now.utc().format("%Y-%m-%d %H:%M:%S%.3f");
    let event = palm::platform::id::fresh();
    let sql = format!(
        "INSERT INTO outbox_events (id, name, payload, created_at, due_at, attempts) VALUES ('{event}', 'SomethingConfirmed', '{payload}', '{at}', '{at}', 0);"
    );
    run(test, sql).await;
}

async fn wechat_identity(test: &TestApp, reader: &Person) {
    let (reader, at) = (&reader.id, test.app.now().utc().format("%Y-%m-%d %H:%M:%S%.3f"));
    let sql = format!(
        "INSERT INTO auth_wechat_identities (app_id, open_id, account_id, session_key, updated_at) VALUES ('wx1', 'o-{reader}', '{reader}', 'k', '{at}') ON CONFLICT DO NOTHING;"
    );
    run(test, sql).await;
}

async fn run(test: &TestApp, sql: String) {
    use diesel::connection::SimpleConnection;
    test.app
        .db
        .write(move |conn| {
            match conn {
                palm::platform::db::DbConn::Pg(conn) => conn.batch_execute(&sql),
                palm::platform::db::DbConn::Sqlite(conn) => conn.batch_execute(&sql),
            }
            .map_err(Into::into)
        })
        .await
        .unwrap();
}

async fn credits(test: &TestApp, person: &Person) -> Value {
    test.get("/api/v1/notifications/subscriptions", Some(person)).await.expect(200)["items"][0]["credits"]
        .clone()
}

#[actix_web::test]
async fn a_wechat_message_costs_a_consent_waits_out_a_busy_hour_and_ends_without_one() {
    let wechat = wechat();
    let settings = [
        "--wechat-app-id",
        "wx1",
        "--wechat-app-secret",
        "hush",
        "--wechat-url",
        &wechat.url,
        "--wechat-talk-template",
        "tmpl",
    ];
    let test = TestApp::start_with(&settings).await;
    let reader = test.person(Role::Investor).await;
    let path = "/api/v1/notifications/subscriptions";
    assert_eq!(test.post(path, Some(&reader), &json!({"accepted": ["nonsense"]})).await.status, 422);
    let run = || async {
        tell(&test.app).await.unwrap();
        let (one, two) = futures_util::join!(send_deliveries(&test.app), send_deliveries(&test.app));
        one.and(two).unwrap();
        wechat.sent.load(Ordering::SeqCst)
    };
    happen(&test, &reader).await;
    assert_eq!(run().await, 0, "who did not agree gets no message");
    for _ in 0..3 {
        assert_eq!(test.post(path, Some(&reader), &json!({"accepted": ["talk"]})).await.status, 204);
    }
    happen(&test, &reader).await;
    assert_eq!((run().await, credits(&test, &reader).await), (1, json!(2)));
    wechat.code.store(45009, Ordering::SeqCst);
    happen(&test, &reader).await;
    assert_eq!((run().await, run().await), (2, 2), "not again before its time");
    wechat.code.store(0, Ordering::SeqCst);
    test.app.clock.advance(chrono::Duration::seconds(31));
    assert_eq!((run().await, credits(&test, &reader).await), (3, json!(1)));
    wechat.code.store(43101, Ordering::SeqCst);
    happen(&test, &reader).await;
    assert_eq!((run().await, credits(&test, &reader).await), (4, json!(0)));
    test.app.clock.advance(chrono::Duration::hours(2));
    assert_eq!(run().await, 4, "never again");
}

/// Stands in for both roads: keeps what was sent by each.
struct Roads {
    url: String,
    wechat: Arc<Mutex<Vec<Value>>>,
    texts: Arc<Mutex<Vec<Value>>>,
    /// Beginnings of the links that WeChat still gives, the next one last
    links: Arc<Mutex<Vec<&'static str>>>,
}

fn roads() -> Roads {
    let (wechat, texts) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let links = Arc::new(Mutex::new(Vec::<&'static str>::new()));
    let (w, t, l) = (wechat.clone(), texts.clone(), links.clone());
    let server = HttpServer::new(move || {
        let (w, t) = (w.clone(), t.clone());
        let token = || async { web::Json(json!({"access_token": "t", "expires_in": 7200})) };
        let message = move |body: web::Json<Value>| {
            w.lock().unwrap().push(body.into_inner());
            async { web::Json(json!({"errcode": 0, "errmsg": "ok"})) }
        };
        let text = move |body: web::Json<Value>| {
            t.lock().unwrap().push(body.into_inner());
            let answer = json!({"SendStatusSet": [{"Code": "Ok", "SerialNo": "s1"}], "RequestId": "r1"});
            async move { web::Json(json!({"Response": answer})) }
        };
        let links = Arc::clone(&l);
        let link = move |body: web::Json<Value>| {
            let answer = links.lock().unwrap().pop();
            async move {
                assert_eq!((&body["expire_type"], &body["expire_interval"]), (&json!(1), &json!(30)));
                let page = format!("{}?{}", body["path"].as_str().unwrap(), body["query"].as_str().unwrap());
                match answer {
                    Some(link) => web::Json(json!({"errcode": 0, "url_link": format!("{link}#{page}")})),
                    None => web::Json(json!({"errcode": 40165, "errmsg": "invalid weapp pagepath"})),
                }
            }
        };
        App::new()
            .route("/cgi-bin/stable_token", web::post().to(token))
            .route("/cgi-bin/message/subscribe/send", web::post().to(message))
            .route("/wxa/generate_urllink", web::post().to(link))
            .route("/", web::post().to(text))
    })
    .workers(1)
    .bind("127.0.0.1:0")
    .unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    Roads { url, wechat, texts, links }
}

impl Roads {
    async fn house(&self) -> TestApp {
        self.house_with(&[]).await
    }

    async fn house_with(&self, more: &[&str]) -> TestApp {
        let settings = [
            ["--wechat-app-id", "wx1"],
            ["--wechat-app-secret", "hush"],
            ["--wechat-url", &self.url],
            ["--wechat-talk-template", "tmpl"],
            ["--wechat-digest-template", "day"],
            ["--sms-secret-id", "id"],
            ["--sms-secret-key", "key"],
            ["--sms-url", &self.url],
            ["--sms-app-id", "1400000000"],
            ["--sms-template", "1"],
            ["--sms-notice-template", "2"],
        ];
        TestApp::start_with(&[settings.as_flattened(), more].concat()).await
    }

    /// Messages by WeChat and by text so far, two workers having looked.
    async fn sent(&self, test: &TestApp) -> (usize, usize) {
        tell(&test.app).await.unwrap();
        let (one, two) = futures_util::join!(sum_up(&test.app), sum_up(&test.app));
        one.and(two).unwrap();
        let (one, two) = futures_util::join!(send_deliveries(&test.app), send_deliveries(&test.app));
        one.and(two).unwrap();
        (self.wechat.lock().unwrap().len(), self.texts.lock().unwrap().len())
    }
}

const SETTING: &str = "/api/v1/notifications/setting";

fn wish(quiet: Value, rhythm: &str, daily_minute: i32, muted: &[&str], sms: bool) -> Value {
    json!({"quiet": quiet, "rhythm": rhythm, "daily_minute": daily_minute, "muted": muted, "sms": sms, "mail": true})
}

async fn set(test: &TestApp, person: &Person, wish: &Value) -> Value {
    test.put(SETTING, Some(person), wish).await.expect(200)
}

async fn agree(test: &TestApp, person: &Person, key: &str) {
    let body = json!({"accepted": [key]});
    assert_eq!(test.post("/api/v1/notifications/subscriptions", Some(person), &body).await.status, 204);
}

#[actix_web::test]
async fn one_sets_ones_own_roads_and_hours() {
    let test = roads().house().await;
    let (one, other) = (test.person(Role::Investor).await, test.person(Role::UnitOfficial).await);
    let first = test.get(SETTING, Some(&one)).await.expect(200);
    assert_eq!(first["wish"], wish(Value::Null, "at_once", 540, &[], false));
    assert_eq!((&first["sms_offered"], &first["digest_offered"]), (&json!(true), &json!(true)));
    let night = wish(json!({"from_minute": 1320, "until_minute": 420}), "daily", 480, &["lead"], true);
    let set = set(&test, &one, &night).await;
    assert_eq!(set["wish"], night);
    assert!(set["summary_at"].is_string());
    assert_eq!(test.get(SETTING, Some(&one)).await.expect(200), set);
    assert_eq!(test.get(SETTING, Some(&other)).await.expect(200)["wish"], first["wish"]);
    for (wrong, field) in [
        (wish(json!({"from_minute": 60, "until_minute": 60}), "daily", 480, &[], true), "quiet.until_minute"),
        (wish(json!({"from_minute": -1, "until_minute": 60}), "daily", 480, &[], true), "quiet.from_minute"),
        (wish(Value::Null, "daily", 1440, &[], true), "daily_minute"),
        (wish(Value::Null, "daily", 480, &["lead", "lead"], true), "muted"),
    ] {
        let refused = test.put(SETTING, Some(&one), &wrong).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], field);
    }
    assert_eq!(test.get(SETTING, Some(&one)).await.expect(200), set);
}

#[actix_web::test]
async fn quiet_hours_hold_a_message_back_and_what_is_muted_stays_in_the_inbox() {
    let roads = roads();
    let test = roads.house().await;
    let reader = test.person(Role::Investor).await;
    for _ in 0..3 {
        agree(&test, &reader, "talk").await;
    }
    set(&test, &reader, &wish(Value::Null, "at_once", 540, &["other"], true)).await;
    happen(&test, &reader).await;
    assert_eq!(roads.sent(&test).await, (0, 0), "muted");
    let minute = test.app.now().minute_of_day();
    let (from, until) = ((minute + 1439) % 1440, (minute + 30) % 1440);
    let quiet = json!({"from_minute": from, "until_minute": until});
    set(&test, &reader, &wish(quiet, "at_once", 540, &[], true)).await;
    happen(&test, &reader).await;
    assert_eq!(roads.sent(&test).await, (0, 0), "quiet");
    assert_eq!(inbox(&test, &reader).await["unread"], 2, "the inbox is never quiet");
    test.app.clock.advance(chrono::Duration::minutes(30));
    assert_eq!(roads.sent(&test).await, (1, 0), "the quiet is over, and what was muted is not made up for");
    assert_eq!(roads.sent(&test).await, (1, 0), "once");
}

#[actix_web::test]
async fn whoever_agreed_is_told_of_a_lead_by_its_number_and_wechat_never_hears_whose_it_is() {
    let roads = roads();
    let test = roads.house_with(&["--wechat-lead-template", "lead-template"]).await;
    let force = test.person(Role::InformationTaskForce).await;
    wechat_identity(&test, &force).await;
    agree(&test, &force, "lead").await;
    submit(&test).await;
    assert_eq!(roads.sent(&test).await, (1, 0));
    let sent = roads.wechat.lock().unwrap()[0].clone();
    let number = sent["data"]["character_string2"]["value"].as_str().unwrap();
    assert_eq!(inbox(&test, &force).await["items"][0]["body"], format!("{number} 腾飞竹业"));
    assert_eq!(sent["template_id"], "lead-template");
    assert!(sent["page"].as_str().unwrap().starts_with("packages/leads/lead/index?id="));
    assert_eq!(
        sent["data"],
        json!({"thing1": {"value": "新的招商信息"}, "character_string2": {"value": number},
            "thing3": {"value": Industry::Bamboo.zh()}})
    );
    submit(&test).await;
    assert_eq!(roads.sent(&test).await, (1, 0), "the consent is used up");
}

#[actix_web::test]
async fn a_text_message_goes_where_wechat_may_not_and_only_to_whoever_wants_it() {
    let roads = roads();
    let test = roads.house().await;
    let reader = test.person(Role::Investor).await;
    happen(&test, &reader).await;
    assert_eq!(roads.sent(&test).await, (0, 0), "nobody asked for texts");
    set(&test, &reader, &wish(Value::Null, "at_once", 540, &[], true)).await;
    happen(&test, &reader).await;
    assert_eq!(roads.sent(&test).await, (0, 1));
    let text = roads.texts.lock().unwrap()[0].clone();
    assert_eq!(
        (&text["TemplateId"], &text["TemplateParamSet"]),
        (&json!("2"), &json!(["其他", "洽谈已确认"]))
    );
    assert!(text["PhoneNumberSet"][0].as_str().unwrap().starts_with("+861"));
    agree(&test, &reader, "talk").await;
    happen(&test, &reader).await;
    assert_eq!(roads.sent(&test).await, (1, 1), "WeChat first");
    happen(&test, &reader).await;
    assert_eq!(roads.sent(&test).await, (1, 2), "the consent is used up");
}

#[actix_web::test]
async fn a_reminder_of_a_talk_reaches_each_side_by_its_own_road() {
    let roads = roads();
    let test = roads.house().await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let booking = confirmed(&test, &host, &investor).await;
    assert_eq!(roads.sent(&test).await, (0, 0), "nobody has a road yet");
    wechat_identity(&test, &host).await;
    agree(&test, &host, "talk").await;
    set(&test, &investor, &wish(Value::Null, "at_once", 540, &[], true)).await;
    let starts_at: Time = serde_json::from_value(booking["starts_at"].clone()).unwrap();
    test.app.clock.advance(starts_at.minus(chrono::Duration::hours(1)).since(test.app.now()));
    remind_talks(test.app.clone()).await.unwrap();
    assert_eq!(roads.sent(&test).await, (1, 1));
    let message = roads.wechat.lock().unwrap()[0].clone();
    let page = format!("packages/talks/booking/index?id={}", booking["id"].as_str().unwrap());
    assert_eq!(
        (&message["touser"], &message["template_id"], &message["page"]),
        (&json!(format!("o-{}", host.id)), &json!("tmpl"), &json!(page))
    );
    let at = starts_at.in_china().format("%Y年%m月%d日 %H:%M").to_string();
    assert_eq!(message["data"], json!({"thing1": {"value": booking["topic"]}, "time2": {"value": at}}));
    let text = roads.texts.lock().unwrap()[0].clone();
    assert_eq!(text["TemplateParamSet"], json!(["云洽谈", "云洽谈提醒"]));
    remind_talks(test.app.clone()).await.unwrap();
    assert_eq!(roads.sent(&test).await, (1, 1), "once");
}

#[actix_web::test]
async fn a_text_message_carries_the_address_of_its_page_and_never_waits_for_wechat_to_give_one() {
    let roads = roads();
    let test = roads.house_with(&["--sms-notice-links", "--public-url", "https://invest.example/"]).await;
    let reader = test.person(Role::Investor).await;
    set(&test, &reader, &wish(Value::Null, "at_once", 540, &[], true)).await;
    let page = format!("packages/talks/booking/index?id={}", reader.id);
    for (n, (given, address)) in [
        (Some("https://wxaurl.cn/a"), format!("https://wxaurl.cn/a#/{page}")),
        (None, format!("https://invest.example/#/{page}")),
        (Some("http://wxaurl.cn/b"), format!("https://invest.example/#/{page}")),
    ]
    .into_iter()
    .enumerate()
    {
        roads.links.lock().unwrap().extend(given);
        happen(&test, &reader).await;
        assert_eq!(roads.sent(&test).await, (0, n + 1));
        let text = roads.texts.lock().unwrap()[n].clone();
        assert_eq!(text["TemplateParamSet"], json!(["其他", "洽谈已确认", address]));
    }
}

#[actix_web::test]
async fn a_summary_comes_once_a_day_with_what_is_unread() {
    let roads = roads();
    let test = roads.house().await;
    let reader = test.person(Role::Investor).await;
    agree(&test, &reader, "digest").await;
    let in_five = (test.app.now().minute_of_day() + 5) % 1440;
    set(&test, &reader, &wish(Value::Null, "daily", in_five, &[], true)).await;
    for _ in 0..3 {
        happen(&test, &reader).await;
    }
    assert_eq!(roads.sent(&test).await, (0, 0), "not at once");
    test.app.clock.advance(chrono::Duration::minutes(5));
    assert_eq!(roads.sent(&test).await, (1, 0));
    let message = roads.wechat.lock().unwrap()[0].clone();
    assert_eq!((&message["template_id"], &message["data"]["number1"]["value"]), (&json!("day"), &json!("3")));
    test.app.clock.advance(chrono::Duration::days(1));
    assert_eq!(roads.sent(&test).await, (1, 0), "nothing new, nothing told");
    happen(&test, &reader).await;
    happen(&test, &reader).await;
    assert_eq!(roads.sent(&test).await, (1, 0));
    test.app.clock.advance(chrono::Duration::days(1));
    assert_eq!(roads.sent(&test).await, (1, 1), "the consent is used up, a text tells");
    assert_eq!(roads.texts.lock().unwrap()[0]["TemplateParamSet"], json!(["今日汇总", "2 条未读消息"]));
    assert_eq!(roads.sent(&test).await, (1, 1), "once");
}
