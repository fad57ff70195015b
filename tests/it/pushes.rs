//! Message push: what WeChat tells us is believed by its seal, stored at once, and carried out once.
use chrono::Duration;
use palm::people::auth::Role;
use palm::views::notifications::{send_deliveries, tell};
use palm::views::pushes::carry_out_pushes;
use serde_json::{Value, json};

use crate::support::{Person, Standins, TestApp, count};

const TOKEN: &str = "pushtoken1";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const APP: &str = "wxstandin00000001";

/// The stand-in as it pushes like WeChat; it shares no code with ours.
struct Sender(Standins);

impl Sender {
    fn start() -> Self {
        Self(Standins::start())
    }

    /// The answers of our side, as `(status, body)`.
    async fn push(&self, test: &TestApp, order: Value) -> Vec<(u64, String)> {
        let mut whole = json!({"url": test.url("/wechat/push"), "token": TOKEN, "key": KEY, "mode": "safe"});
        whole.as_object_mut().unwrap().extend(order.as_object().unwrap().clone());
        let answer = test.client.post(self.0.at("/pushes")).json(&whole).send().await.unwrap();
        let told: Value = answer.json().await.unwrap();
        let one = |t: &Value| (t["status"].as_u64().unwrap(), t["body"].as_str().unwrap().to_owned());
        told.as_array().unwrap().iter().map(one).collect()
    }

    async fn taken(&self, test: &TestApp, message: Value) {
        for (status, body) in self.push(test, json!({"message": message})).await {
            assert_eq!((status, body.as_str()), (200, "success"));
        }
        carry_out_pushes(&test.app).await.unwrap();
    }
}

async fn started(sender: &Sender, key: bool) -> TestApp {
    let wechat = sender.0.at("");
    let mut settings = vec!["--wechat-app-id", APP, "--wechat-app-secret", "standin-secret"];
    settings.extend(["--wechat-url", &wechat, "--wechat-talk-template", "standin-once-thing1"]);
    settings.extend(["--wechat-push-token", TOKEN]);
    if key {
        settings.extend(["--wechat-push-key", KEY]);
    }
    TestApp::start_with(&settings).await
}

fn event(open_id: &str, second: u32, more: Value) -> Value {
    let mut whole = json!({"ToUserName": "gh_1", "FromUserName": open_id, "CreateTime": second.to_string(), "MsgType": "event"});
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    whole
}

fn accepted(open_id: &str, second: u32) -> Value {
    let one =
        json!({"TemplateId": "standin-once-thing1", "SubscribeStatusString": "accept", "PopupScene": "0"});
    event(open_id, second, json!({"Event": "subscribe_msg_popup_event", "List": one}))
}

async fn sql(test: &TestApp, text: String) {
    use diesel::RunQueryDsl;
    let run = move |conn: &mut palm::platform::db::DbConn| {
        diesel::sql_query(text.clone()).execute(conn)?;
        Ok(())
    };
    test.app.db.write(run).await.unwrap();
}

/// Signed in through WeChat before.
async fn known(test: &TestApp, role: Role) -> (Person, String) {
    let person = test.person(role).await;
    let open_id = format!("oStandin{}", &person.id.replace('-', "")[12..32]);
    let at = test.app.now().utc().format("%Y-%m-%d %H:%M:%S%.3f");
    sql(test, format!("INSERT INTO auth_wechat_identities (app_id, open_id, account_id, session_key, updated_at) VALUES ('{APP}', '{open_id}', '{}', 'k', '{at}')", person.id)).await;
    (person, open_id)
}

async fn credits(test: &TestApp, person: &Person) -> Value {
    test.get("/api/v1/notifications/subscriptions", Some(person)).await.expect(200)["items"][0]["credits"]
        .clone()
}

#[actix_web::test]
async fn only_what_is_sealed_as_set_is_taken() {
    let sender = Sender::start();
    let test = started(&sender, true).await;
    let demo = event("o1", 1, json!({"Event": "debug_demo", "debug_str": "hello"}));
    let echo = sender.push(&test, json!({})).await;
    assert_eq!(echo[0].0, 200);
    assert!(echo[0].1.parse::<u64>().is_ok(), "the very text, nothing around it: {echo:?}");
    assert_eq!(sender.push(&test, json!({"wrong": "signature"})).await[0].0, 403);
    let mut taken = 0;
    for mode in ["safe", "compatible"] {
        for form in ["json", "xml"] {
            taken += 1;
            let demo = event("o1", taken, json!({"Event": "debug_demo", "debug_str": "hello"}));
            let told = sender.push(&test, json!({"mode": mode, "form": form, "message": demo})).await;
            assert_eq!(told, [(200, "success".to_owned())], "{mode} {form}");
            for wrong in ["signature", "app", "padding"] {
                let bent = json!({"mode": mode, "form": form, "message": demo, "wrong": wrong});
                assert_eq!(sender.push(&test, bent).await[0].0, 403, "{wrong}");
            }
        }
    }
    // The plain signature does not cover the body: whoever saw one must not speak with it.
    assert_eq!(sender.push(&test, json!({"mode": "plain", "message": demo})).await[0].0, 403);
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM wechat_pushes").await, i64::from(taken));

    let plain = started(&sender, false).await;
    for form in ["json", "xml"] {
        let told = sender.push(&plain, json!({"mode": "plain", "form": form, "message": demo})).await;
        assert_eq!(told, [(200, "success".to_owned())]);
    }
    assert_eq!(count(&plain, "SELECT COUNT(*) AS n FROM wechat_pushes").await, 1, "one thing, told twice");
    assert_eq!(sender.push(&plain, json!({"message": demo})).await[0].0, 403, "no key, nothing encrypted");

    let off = TestApp::start().await;
    assert_eq!(sender.push(&off, json!({"message": demo})).await[0].0, 404);
    let huge = test.client.post(test.url("/wechat/push")).body("x".repeat(300_000)).send().await.unwrap();
    assert_eq!(huge.status(), 413);
}

#[actix_web::test]
async fn a_consent_is_counted_once_however_often_it_is_told_and_however_many_work() {
    let sender = Sender::start();
    let test = started(&sender, true).await;
    let (person, open_id) = known(&test, Role::Investor).await;
    let (second, _) = test.another().await;
    for n in 0..5 {
        let told = sender.push(&test, json!({"message": accepted(&open_id, 100 + n), "times": 4})).await;
        assert!(told.iter().all(|(status, body)| (*status, body.as_str()) == (200, "success")), "{told:?}");
        let (one, two) = futures_util::join!(carry_out_pushes(&test.app), carry_out_pushes(&second));
        one.and(two).unwrap();
    }
    assert_eq!(credits(&test, &person).await, 5);
    // What the mini-program itself reports is the same consent, and not counted again.
    let own =
        test.post("/api/v1/notifications/subscriptions", Some(&person), &json!({"accepted": ["talk"]})).await;
    assert_eq!((own.status, credits(&test, &person).await), (204, json!(5)));
    let both = json!([
        {"TemplateId": "standin-once-thing1", "SubscribeStatusString": "reject", "PopupScene": "0"},
        {"TemplateId": "not-ours", "SubscribeStatusString": "accept", "PopupScene": "0"},
    ]);
    sender
        .taken(&test, event(&open_id, 200, json!({"Event": "subscribe_msg_popup_event", "List": both})))
        .await;
    sender.taken(&test, accepted("oNobodyHereHasThisIdentity1", 201)).await;
    assert_eq!(credits(&test, &person).await, 5);
    let taken_back = json!({"TemplateId": "standin-once-thing1", "SubscribeStatusString": "reject"});
    sender
        .taken(
            &test,
            event(&open_id, 202, json!({"Event": "subscribe_msg_change_event", "List": taken_back})),
        )
        .await;
    assert_eq!(credits(&test, &person).await, 0);
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM wechat_pushes WHERE ended_at IS NULL").await, 0);
}

/// Marks the part before its effect is sure: the second of two workers, or the next after a kill, does it again.
#[actix_web::test]
async fn a_twin_that_marks_in_another_transaction_is_caught() {
    let sender = Sender::start();
    let test = started(&sender, true).await;
    let (person, open_id) = known(&test, Role::Investor).await;
    sender.taken(&test, accepted(&open_id, 1)).await;
    assert_eq!(credits(&test, &person).await, 1);
    // The twin died between effect and mark: its row is still open.
    sql(&test, "UPDATE wechat_pushes SET ended_at = NULL, outcome = NULL".to_owned()).await;
    carry_out_pushes(&test.app).await.unwrap();
    assert_eq!(credits(&test, &person).await, 2, "counted twice, which is what the one transaction prevents");
}

#[actix_web::test]
async fn a_message_that_did_not_arrive_is_marked_also_when_that_is_told_too_early() {
    let sender = Sender::start();
    let test = started(&sender, true).await;
    let (person, open_id) = known(&test, Role::Investor).await;
    sender.taken(&test, accepted(&open_id, 1)).await;
    let accept = json!({"openid": open_id, "template_id": "standin-once-thing1"});
    test.client.post(sender.0.at("/accepts")).json(&accept).send().await.unwrap();
    let (event_id, at) =
        (palm::platform::id::fresh(), test.app.now().utc().format("%Y-%m-%d %H:%M:%S%.3f").to_string());
    let payload = json!({"reader_ids": [person.id], "title_zh": "洽谈已确认", "title_en": "Confirmed", "body_zh": "文", "body_en": "text",
        "link": "/", "template": {"key": "talk", "values": {"thing1": "竹纤维项目"}}});
    sql(&test, format!("INSERT INTO outbox_events (id, name, payload, created_at, due_at, attempts) VALUES ('{event_id}', 'TalkConfirmed', '{payload}', '{at}', '{at}', 0)")).await;
    tell(&test.app).await.unwrap();
    send_deliveries(&test.app).await.unwrap();
    let messages: Value =
        test.client.get(sender.0.at("/messages")).send().await.unwrap().json().await.unwrap();
    let id = messages[0]["msgid"].as_str().unwrap().to_owned();
    assert_eq!(
        count(&test, "SELECT COUNT(*) AS n FROM notification_deliveries WHERE state = 'sent'").await,
        1
    );
    // As if WeChat spoke before our own mark was written.
    sql(&test, "UPDATE notification_deliveries SET message_id = NULL".to_owned()).await;
    let item = json!({"TemplateId": "standin-once-thing1", "MsgID": id, "ErrorCode": "20016", "ErrorStatus": "user off"});
    sender.taken(&test, event(&open_id, 2, json!({"Event": "subscribe_msg_sent_event", "List": item}))).await;
    let failed = "SELECT COUNT(*) AS n FROM notification_deliveries WHERE state = 'failed' AND failure = '20016 user off'";
    assert_eq!(count(&test, failed).await, 0);
    sql(&test, format!("UPDATE notification_deliveries SET message_id = '{id}'")).await;
    test.app.clock.advance(Duration::seconds(30));
    carry_out_pushes(&test.app).await.unwrap();
    assert_eq!(count(&test, failed).await, 1);
}

#[actix_web::test]
async fn who_withdraws_is_let_go_and_an_administrator_settles_the_rest() {
    let sender = Sender::start();
    let test = started(&sender, true).await;
    let administrator = test.person(Role::SystemAdministrator).await;
    let (person, open_id) = known(&test, Role::Consultant).await;
    let (other, other_id) = known(&test, Role::Investor).await;
    let body = json!({"enterprise_name": "腾飞竹业", "contact_name": "王小明", "contact_phone": "19000000001",
        "industry": "bamboo", "intention": "建厂"});
    test.post("/api/v1/leads", Some(&person), &body).await.expect(201);
    sender.taken(&test, accepted(&open_id, 1)).await;
    // Taking back the place of a phone takes nothing of ours.
    let place =
        json!({"Event": "user_authorization_revoke", "OpenID": other_id, "AppID": APP, "RevokeInfo": "13"});
    sender.taken(&test, event(&other_id, 2, place)).await;
    assert_eq!(test.get("/api/v1/auth/me", Some(&other)).await.status, 200);
    let closed = json!({"Event": "user_authorization_cancellation", "OpenID": open_id, "AppID": APP});
    sender.taken(&test, event(&open_id, 3, closed.clone())).await;
    sender.taken(&test, event(&open_id, 3, closed)).await;
    assert_eq!(test.get("/api/v1/auth/me", Some(&person)).await.status, 401, "the session has ended");
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM auth_wechat_identities").await, 1);
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM notification_subscriptions").await, 0);
    assert_eq!(
        count(&test, "SELECT COUNT(*) AS n FROM audit_entries WHERE operation = 'carry_out_push'").await,
        2
    );
    tell(&test.app).await.unwrap();
    let inbox = test.get("/api/v1/notifications", Some(&administrator)).await.expect(200);
    assert_eq!(
        (inbox["items"].as_array().unwrap().len(), &inbox["items"][0]["link"]),
        (2, &json!("/rights"))
    );

    let path = "/api/v1/rights-tasks";
    assert_eq!(test.get(path, Some(&other)).await.status, 403);
    let tasks = test.get(&format!("{path}?open=true"), Some(&administrator)).await.expect(200);
    let task = &tasks["items"][0];
    assert_eq!(
        (&task["wish"], &task["unlinked"], &task["kept_leads"]),
        (&json!("cancellation"), &json!(true), &json!(1))
    );
    assert_eq!(
        (&tasks["items"][1]["kinds"], &tasks["items"][1]["unlinked"]),
        (&json!(["13"]), &json!(false))
    );
    let settle = format!("{path}/{}/settlements", task["id"].as_str().unwrap());
    let note = json!({"note": "首谈台账依法留存，其余个人信息已删除"});
    assert_eq!(test.post(&settle, Some(&other), &note).await.status, 403);
    assert_eq!(test.post(&settle, Some(&administrator), &json!({"note": ""})).await.status, 422);
    let settled = test.post(&settle, Some(&administrator), &note).await.expect(200);
    assert_eq!(settled["note"], note["note"]);
    assert_eq!(test.post(&settle, Some(&administrator), &note).await.code(), "rights_task.settled");
    let open = test.get(&format!("{path}?open=true"), Some(&administrator)).await.expect(200);
    assert_eq!(open["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_punishment_is_told_to_the_administrators_and_what_is_new_is_kept() {
    let sender = Sender::start();
    let test = started(&sender, true).await;
    let administrator = test.person(Role::SystemAdministrator).await;
    let punished =
        json!({"Event": "wxa_punish_event", "event_type": 2, "detail": "{\"ability\":\"subscribe\"}"});
    sender.taken(&test, event("oPlatform", 1, punished)).await;
    sender.taken(&test, event("o1", 2, json!({"Event": "something_of_next_year", "list": [1, 2]}))).await;
    sender.taken(&test, json!({"ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": 3, "MsgType": "text", "Content": "您好", "MsgId": 9_007_199_254_740_993_u64})).await;
    tell(&test.app).await.unwrap();
    let inbox = test.get("/api/v1/notifications", Some(&administrator)).await.expect(200);
    assert_eq!(inbox["items"][0]["title"], "微信平台处罚通知：能力封禁");
    assert_eq!(
        count(
            &test,
            "SELECT COUNT(*) AS n FROM wechat_pushes WHERE outcome = 'kept' AND note = 'not understood'"
        )
        .await,
        2
    );
}
