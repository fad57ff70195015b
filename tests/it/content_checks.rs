//! Content checks: WeChat judges words before they are written and files afterwards; a person decides the rest.
use chrono::Duration;
use palm::people::auth::Role;
use palm::people::content_checks::check_contents;
use palm::views::notifications::tell;
use palm::views::pushes::carry_out_pushes;
use serde_json::{Value, json};

use crate::support::{Person, Standins, TestApp, count};
use crate::talks::{confirmed, host};

const TOKEN: &str = "pushtoken1";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const APP: &str = "wxstandin00000001";
const TEXT: &str = "/wxa/msg_sec_check";
const MEDIA: &str = "/wxa/media_check_async";
const PHOTO: &[u8] = b"\xff\xd8\xff\xe0 a picture";

/// A talk of which one side is in the mini-program, and the security administrator.
struct Ground {
    test: TestApp,
    standins: Standins,
    investor: Person,
    host: Person,
    guard: Person,
    talk: String,
}

async fn ground() -> Ground {
    let standins = Standins::start();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (bind, public) = (format!("127.0.0.1:{port}"), format!("http://127.0.0.1:{port}"));
    let mut settings = standins.settings();
    let more = [
        ("--bind", bind.as_str()),
        ("--public-url", &public),
        ("--wechat-push-token", TOKEN),
        ("--wechat-push-key", KEY),
    ];
    settings.extend(more.iter().flat_map(|(flag, value)| [(*flag).to_owned(), (*value).to_owned()]));
    let test = TestApp::start_with(&settings.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let guard = test.person(Role::SecurityAdministrator).await;
    let booking = confirmed(&test, &host, &investor).await;
    let talk = format!("/api/v1/talks/bookings/{}", booking["id"].as_str().unwrap());
    let ground = Ground { test, standins, investor, host, guard, talk };
    let order = json!({"url": format!("{public}/wechat/push"), "token": TOKEN, "key": KEY, "mode": "safe"});
    ground.tell("/push-address", &order).await;
    ground.visit().await;
    ground
}

impl Ground {
    async fn tell(&self, path: &str, what: &Value) {
        let told = self.test.client.post(self.standins.at(path)).json(what).send().await.unwrap();
        assert!(told.status().is_success(), "{path}: {told:?}");
    }

    fn open_id(&self) -> String {
        format!("oStandin{}", &self.investor.id.replace('-', "")[12..32])
    }

    /// The investor has signed in through WeChat and is there.
    async fn visit(&self) {
        let at = self.test.app.now().utc().format("%Y-%m-%d %H:%M:%S%.3f");
        let (open_id, who) = (self.open_id(), &self.investor.id);
        let sql = format!(
            "INSERT INTO auth_wechat_identities (app_id, open_id, account_id, session_key, updated_at) VALUES ('{APP}', '{open_id}', '{who}', 'k', '{at}')"
        );
        let run = move |conn: &mut palm::platform::db::DbConn| {
            use diesel::RunQueryDsl;
            diesel::sql_query(sql.clone()).execute(conn)?;
            Ok(())
        };
        self.test.app.db.write(run).await.unwrap();
        self.tell("/visits", &json!({"openid": open_id})).await;
    }

    async fn say(&self, who: &Person, words: &str) -> crate::support::Answer {
        let body = json!({"client_id": palm::platform::random::token()[..30], "body": words});
        self.test.post(&format!("{}/messages", self.talk), Some(who), &body).await
    }

    async fn said(&self, reader: &Person) -> Vec<Value> {
        let all = self.test.get(&format!("{}/messages", self.talk), Some(reader)).await.expect(200);
        all["items"].as_array().unwrap().iter().filter(|m| m["kind"] != "system").cloned().collect()
    }

    async fn share(&self, key: &str) -> Value {
        let part = reqwest::multipart::Part::bytes(PHOTO.to_vec()).file_name("厂房.jpg");
        let form = reqwest::multipart::Form::new().text("client_id", key.to_owned()).part("file", part);
        let url = self.test.url(&format!("{}/files", self.talk));
        let request = self.test.client.post(url).bearer_auth(&self.investor.token);
        let answer = request.header("Idempotency-Key", key).multipart(form).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 201);
        answer.json().await.unwrap()
    }

    async fn opens(&self, message: &Value) -> u16 {
        let path = format!("/api/v1/files/{}", message["file"]["id"].as_str().unwrap());
        let request = self.test.client.get(self.test.url(&path)).bearer_auth(&self.host.token);
        request.send().await.unwrap().status().as_u16()
    }

    async fn verdict(&self, suggest: &str, label: i64, error: i64) {
        self.tell("/verdicts", &json!({"suggest": suggest, "label": label, "errcode": error})).await;
    }

    /// Hands in what is due, waits for the push, and carries it out.
    async fn checked(&self, pushes: i64) {
        check_contents(&self.test.app).await.unwrap();
        for _ in 0..200 {
            if count(&self.test, "SELECT COUNT(*) AS n FROM wechat_pushes").await >= pushes {
                return carry_out_pushes(&self.test.app).await.unwrap();
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("the stand-in pushed nothing");
    }

    async fn queue(&self, decided: bool) -> Vec<Value> {
        let path = format!("/api/v1/content-checks?decided={decided}");
        self.test.get(&path, Some(&self.guard)).await.expect(200)["items"].as_array().unwrap().clone()
    }

    async fn decide(&self, check: &Value, release: bool) -> crate::support::Answer {
        let path = format!("/api/v1/content-checks/{}/decisions", check["id"].as_str().unwrap());
        let body = json!({"release": release, "note": "已人工查看"});
        self.test.post(&path, Some(&self.guard), &body).await
    }

    async fn inbox(&self, who: &Person) -> Vec<String> {
        tell(&self.test.app).await.unwrap();
        let all = self.test.get("/api/v1/notifications", Some(who)).await.expect(200);
        all["items"].as_array().unwrap().iter().map(|n| n["title"].as_str().unwrap().to_owned()).collect()
    }

    async fn state(&self) -> String {
        use diesel::prelude::*;
        #[derive(QueryableByName)]
        struct State {
            #[diesel(sql_type = diesel::sql_types::Text)]
            state: String,
        }
        let read = |conn: &mut palm::platform::db::DbConn| {
            Ok(diesel::sql_query("SELECT state FROM content_checks ORDER BY id DESC LIMIT 1")
                .get_result::<State>(conn)?)
        };
        self.test.app.read(read).await.unwrap().state
    }
}

#[actix_web::test]
async fn words_against_the_rules_are_not_written_and_doubtful_ones_are_looked_at() {
    let ground = ground().await;
    ground.say(&ground.investor, "想看一看厂房").await.expect(201);
    let refused = ground.say(&ground.investor, "这里有违规样例").await;
    assert_eq!((refused.status, refused.code()), (422, "content.refused"));
    assert_eq!(ground.said(&ground.host).await.len(), 1, "a refusal leaves nothing");
    assert!(ground.queue(false).await.is_empty());

    ground.say(&ground.investor, "这里有存疑样例").await.expect(201);
    let open = ground.queue(false).await;
    assert_eq!((open.len(), &open[0]["cause"], &open[0]["label"]), (1, &json!("review"), &json!("10001")));
    assert_eq!((&open[0]["body"], &open[0]["hidden"]), (&json!("这里有存疑样例"), &json!(false)));
    assert!(ground.inbox(&ground.guard).await.contains(&"有内容待人工审核".to_owned()));

    // Hidden by a person, and shown again by a second thought.
    ground.decide(&open[0], false).await.expect(200);
    let hidden = ground.said(&ground.host).await.remove(1);
    assert_eq!((&hidden["withheld"], &hidden["body"]), (&json!(true), &json!("")));
    assert!(ground.inbox(&ground.investor).await.contains(&"您发送的内容已被隐藏".to_owned()));
    assert_eq!(ground.decide(&open[0], false).await.code(), "content_check.same_decision");
    ground.decide(&ground.queue(true).await[0], true).await.expect(200);
    assert_eq!(ground.said(&ground.host).await[1]["body"], "这里有存疑样例");
    assert!(ground.inbox(&ground.investor).await.contains(&"您发送的内容已恢复显示".to_owned()));
}

#[actix_web::test]
async fn who_is_not_in_the_mini_program_is_not_judged() {
    let ground = ground().await;
    // The host never was there; the investor was, three hours ago.
    ground.say(&ground.host, "这里有违规样例").await.expect(201);
    ground.tell("/clock", &json!({"advance_seconds": 3 * 3600})).await;
    ground.say(&ground.investor, "这里有违规样例").await.expect(201);
    ground.share("f1").await;
    check_contents(&ground.test.app).await.unwrap();
    assert_eq!(count(&ground.test, "SELECT COUNT(*) AS n FROM content_checks").await, 0);
    let other = TestApp::start().await;
    check_contents(&other.app).await.unwrap();
}

#[actix_web::test]
async fn when_wechat_is_away_nothing_is_lost_and_a_person_looks() {
    let ground = ground().await;
    for fault in ["hang", "html", "quota", "reset"] {
        ground.standins.fault(TEXT, fault, 4).await;
        ground.say(&ground.investor, fault).await.expect(201);
        let cleared = ground.test.client.delete(ground.standins.at("/faults")).send().await.unwrap();
        assert!(cleared.status().is_success());
    }
    let open = ground.queue(false).await;
    assert_eq!(open.len(), 4);
    assert!(open.iter().all(|check| check["cause"] == "unavailable" && check["hidden"] == false), "{open:?}");
    assert_eq!(ground.said(&ground.host).await.len(), 4);
    // A token that WeChat refuses is renewed on the way.
    ground.standins.fault(TEXT, "bad_token", 1).await;
    ground.say(&ground.investor, "再说一句").await.expect(201);
    assert_eq!(ground.queue(false).await.len(), 4);
}

#[actix_web::test]
async fn a_picture_is_judged_by_a_push_and_hidden_when_it_is_risky() {
    let ground = ground().await;
    let good = ground.share("f1").await;
    ground.checked(1).await;
    assert_eq!((ground.state().await.as_str(), ground.opens(&good).await), ("passed", 200));
    assert!(ground.queue(false).await.is_empty());

    ground.verdict("risky", 20_002, 0).await;
    let bad = ground.share("f2").await;
    assert_eq!(ground.opens(&bad).await, 200);
    ground.checked(2).await;
    assert_eq!(ground.opens(&bad).await, 403);
    let hidden = ground.said(&ground.host).await.pop().unwrap();
    assert_eq!((&hidden["withheld"], &hidden["file"]), (&json!(true), &Value::Null));
    let open = ground.queue(false).await;
    assert_eq!((&open[0]["label"], &open[0]["hidden"]), (&json!("20002"), &json!(true)));
    let shown = format!("/api/v1/content-checks/{}/file", open[0]["id"].as_str().unwrap());
    assert_eq!(ground.test.bytes(&shown, &ground.guard).await, PHOTO);
    assert_eq!(ground.test.get(&shown, Some(&ground.host)).await.status, 403);
    let looked = "SELECT COUNT(*) AS n FROM audit_entries WHERE operation = 'show_checked_file'";
    assert_eq!(count(&ground.test, looked).await, 1);
    ground.decide(&open[0], true).await.expect(200);
    assert_eq!(ground.opens(&bad).await, 200);

    // Not fetched, or a verdict of neither kind: a person looks, and nothing is hidden meanwhile.
    ground.verdict("pass", 100, -1008).await;
    let unfetched = ground.share("f3").await;
    ground.checked(3).await;
    ground.verdict("review", 21_000, 0).await;
    ground.share("f4").await;
    ground.checked(4).await;
    let causes: Vec<_> = ground.queue(false).await.iter().map(|c| c["cause"].clone()).collect();
    assert_eq!(causes, ["review", "unavailable"]);
    assert_eq!(ground.opens(&unfetched).await, 200);
}

#[actix_web::test]
async fn a_picture_that_wechat_does_not_take_is_handed_in_again_and_then_left_to_a_person() {
    let ground = ground().await;
    ground.standins.fault(MEDIA, "html", 1).await;
    ground.share("f1").await;
    check_contents(&ground.test.app).await.unwrap();
    assert_eq!(ground.state().await, "waiting");
    ground.test.app.clock.advance(Duration::minutes(1));
    ground.checked(1).await;
    assert_eq!(ground.state().await, "passed");

    ground.share("f2").await;
    for _ in 0..6 {
        ground.standins.fault(MEDIA, "html", 1).await;
        check_contents(&ground.test.app).await.unwrap();
        ground.test.app.clock.advance(Duration::minutes(11));
    }
    assert_eq!(ground.state().await, "open");
}

#[actix_web::test]
async fn a_file_is_fetched_by_its_key_alone_and_silence_ends_with_a_person() {
    let ground = ground().await;
    ground.tell("/push-address", &json!({"url": "http://127.0.0.1:9/", "token": TOKEN})).await;
    ground.share("f1").await;
    check_contents(&ground.test.app).await.unwrap();
    assert_eq!(ground.state().await, "waiting");
    let fetch = async |path: String| ground.test.get(&path, None).await.status;
    let id = {
        let sql =
            "SELECT COUNT(*) AS n FROM content_checks WHERE key_hash IS NOT NULL AND trace_id IS NOT NULL";
        assert_eq!(count(&ground.test, sql).await, 1);
        palm::platform::id::fresh()
    };
    assert_eq!(fetch(format!("/wechat/media/{id}/{}", "a".repeat(43))).await, 404);
    assert_eq!(fetch(format!("/wechat/media/{id}/x%00y")).await, 404);
    ground.test.app.clock.advance(Duration::minutes(36));
    check_contents(&ground.test.app).await.unwrap();
    assert_eq!(ground.state().await, "open");
    // A verdict that comes too late changes nothing that a person has taken up.
    assert_eq!(
        count(&ground.test, "SELECT COUNT(*) AS n FROM content_checks WHERE cause = 'overdue'").await,
        1
    );
}

fn lead(phone: &str, words: &str) -> Value {
    json!({"enterprise_name": "腾飞竹业", "contact_name": "王小明", "contact_phone": phone, "industry": "bamboo",
        "intention": words})
}

#[actix_web::test]
async fn what_a_lead_says_is_kept_for_its_moment_and_hidden_while_it_is_risky() {
    let ground = ground().await;
    let force = ground.test.person(Role::InformationTaskForce).await;
    let body = lead("19000000001", "这里有违规样例");
    let made = ground.test.post("/api/v1/leads", Some(&ground.investor), &body).await.expect(201);
    let path = format!("/api/v1/leads/{}", made["lead"]["id"].as_str().unwrap());
    let seen = async || {
        let lead = ground.test.get(&path, Some(&force)).await.expect(200);
        (lead["withheld"].clone(), lead["intention"].clone())
    };
    assert_eq!(seen().await, (json!(false), json!("这里有违规样例")));
    check_contents(&ground.test.app).await.unwrap();
    assert_eq!(seen().await, (json!(true), json!("")));
    let receipt = ground.test.get(&format!("{path}/receipt"), Some(&ground.investor)).await.expect(200);
    assert_eq!(receipt["facts"]["intention"], "这里有违规样例", "what was proved stays proved");
    let open = ground.queue(false).await;
    assert_eq!(
        (&open[0]["subject"], &open[0]["cause"], &open[0]["hidden"], &open[0]["body"]),
        (&json!("lead_text"), &json!("risky"), &json!(true), &json!("腾飞竹业\n这里有违规样例"))
    );
    assert!(ground.inbox(&ground.investor).await.contains(&"您发送的内容已被隐藏".to_owned()));
    ground.decide(&open[0], true).await.expect(200);
    assert_eq!(seen().await, (json!(false), json!("这里有违规样例")));
    let body = lead("19000000002", "想看一看厂房");
    ground.test.post("/api/v1/leads", Some(&ground.investor), &body).await.expect(201);
    check_contents(&ground.test.app).await.unwrap();
    assert_eq!(ground.state().await, "passed");
}

#[actix_web::test]
async fn words_of_nobody_and_words_that_wechat_could_not_judge_are_looked_at_by_a_person() {
    let ground = ground().await;
    let body = lead("19000000001", "想来看厂");
    ground.test.post("/api/v1/leads/enquiries", None, &body).await.expect(201);
    let open = ground.queue(false).await;
    assert_eq!(
        (&open[0]["author_name"], &open[0]["cause"], &open[0]["hidden"]),
        (&json!("公开表单"), &json!("unavailable"), &json!(false))
    );
    let body = lead("19000000002", "想看一看厂房");
    ground.test.post("/api/v1/leads", Some(&ground.investor), &body).await.expect(201);
    for _ in 0..6 {
        assert_eq!(ground.state().await, "waiting");
        ground.standins.fault(TEXT, "html", 1).await;
        check_contents(&ground.test.app).await.unwrap();
        ground.test.app.clock.advance(Duration::minutes(11));
    }
    assert_eq!(ground.state().await, "open");
    let shown =
        "SELECT COUNT(*) AS n FROM content_checks WHERE subject = 'lead_text' AND cause = 'unavailable'";
    assert_eq!(count(&ground.test, shown).await, 2);
}

#[actix_web::test]
async fn without_wechat_nobody_is_judged() {
    let test = TestApp::start().await;
    test.post("/api/v1/leads/enquiries", None, &lead("19000000001", "想来看厂")).await.expect(201);
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM content_checks").await, 0);
}
