//! Notifications: what happened is told once, to whom it concerns, in the inbox and through WeChat.
use crate::support::{Person, TestApp};
use actix_web::{App, HttpServer, web};
use palm::people::auth::Role;
use palm::views::notifications::{send_deliveries, tell};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

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
    use diesel::connection::SimpleConnection;
    let (reader, now) = (reader.id.clone(), test.app.now());
    let payload = json!({"reader_ids": [reader], "title_zh": "洽谈已确认", "title_en": "Confirmed", "body_zh": "文",
        "body_en": "text", "link": format!("/talks/{reader}"),
        "template": {"key": "talk", "values": {"thing1": "竹纤维项目"}}});
    let at = now.utc().format("%Y-%m-%d %H:%M:%S%.3f");
    let event = palm::platform::id::fresh();
    let sql = format!(
        "INSERT INTO outbox_events (id, name, payload, created_at, due_at, attempts) VALUES ('{event}', 'SomethingConfirmed', '{payload}', '{at}', '{at}', 0);
         INSERT INTO auth_wechat_identities (app_id, open_id, account_id, session_key, updated_at) VALUES ('wx1', 'o-{reader}', '{reader}', 'k', '{at}') ON CONFLICT DO NOTHING;"
    );
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
