//! Mail: nothing before an address is confirmed, each mail once, and calendars that another program takes in.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use palm::people::auth::Role;
use palm::platform::random;
use palm::views::notifications::{send_mails, tell};
use serde_json::{Value, json};

use crate::guests::{key_of, open};
use crate::support::{Person, Standins, TestApp, count, palm, run_sql, take_in};
use crate::talks::{act, confirmed, hold, host, slots};

const CODES: &str = "/api/v1/auth/mail-codes";
const MAIL: &str = "/api/v1/auth/mail";
const SETTING: &str = "/api/v1/notifications/setting";

async fn house(standins: &Standins) -> TestApp {
    TestApp::start_with(&standins.mail().each_ref().map(String::as_str)).await
}

/// The text of a mail, what was done to it for the road undone.
fn read(raw: &str) -> String {
    let (head, body) = raw[raw.find("text/plain").unwrap()..].split_once("\r\n\r\n").unwrap();
    let body = body.split("\r\n--").next().unwrap();
    let bytes = if head.contains("base64") {
        STANDARD.decode(body.replace("\r\n", "")).unwrap()
    } else {
        let joined = body.replace("=\r\n", "");
        let mut parts = joined.split('=');
        let mut bytes = parts.next().unwrap().as_bytes().to_vec();
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
            bytes.extend_from_slice(part[2..].as_bytes());
        }
        bytes
    };
    String::from_utf8(bytes).unwrap()
}

/// The six digits of the newest mail to an address.
async fn code(standins: &Standins, address: &str) -> String {
    let text = read(standins.mails(address).await.last().unwrap());
    text.chars().take(6).collect()
}

/// Gives a person a confirmed address.
async fn reach(test: &TestApp, standins: &Standins, person: &Person, address: &str) {
    test.post(CODES, Some(person), &json!({"address": address})).await.expect(202);
    let body = json!({"address": address, "code": code(standins, address).await});
    test.put(MAIL, Some(person), &body).await.expect(200);
}

/// Two workers look at once.
async fn work(test: &TestApp) {
    tell(&test.app).await.unwrap();
    let (one, two) = futures_util::join!(send_mails(&test.app), send_mails(&test.app));
    one.and(two).unwrap();
}

/// Moves a talk to another of its open times, by the investor's wish.
async fn moved(test: &TestApp, host: &Person, investor: &Person, booking: &Value) -> Value {
    let slot = slots(test, investor).await[4].clone();
    let body = json!({"starts_at": slot["starts_at"], "reason": "另有会议"});
    let asked = act(test, investor, booking, "proposals", body).await.expect(200);
    let this = json!({"proposal_id": asked["proposal"]["id"]});
    act(test, host, booking, "proposal-acceptances", this).await.expect(200)
}

async fn setting(test: &TestApp, person: &Person) -> Value {
    test.get(SETTING, Some(person)).await.expect(200)
}

#[actix_web::test]
async fn nothing_goes_to_an_address_before_its_code_has_come_back() {
    let standins = Standins::start();
    let test = house(&standins).await;
    let host = host(&test).await;
    let (investor, other) = (test.person(Role::Investor).await, test.person(Role::Investor).await);
    for bad in ["anna", "anna@", "a@b.com\r\nBcc: c@d.com", "安娜@例子.cn"] {
        assert_eq!(test.post(CODES, Some(&investor), &json!({"address": bad})).await.status, 422, "{bad}");
    }
    let address = "anna@example.com";
    test.post(CODES, Some(&investor), &json!({"address": address})).await.expect(202);
    assert_eq!(test.post(CODES, Some(&investor), &json!({"address": address})).await.status, 429);
    confirmed(&test, &host, &investor).await;
    work(&test).await;
    assert_eq!(standins.mails(address).await.len(), 1, "the code alone");
    let right = code(&standins, address).await;
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let refused = test.put(MAIL, Some(&investor), &json!({"address": address, "code": wrong})).await;
    assert_eq!((refused.status, refused.code()), (422, "auth.code_wrong"));
    // A code is good for whoever asked, and for the address that it went to.
    for (person, to) in [(&other, address), (&investor, "bob@example.com")] {
        assert_eq!(test.put(MAIL, Some(person), &json!({"address": to, "code": right})).await.status, 422);
    }
    assert_eq!(setting(&test, &investor).await["mail_masked"], Value::Null);
    test.put(MAIL, Some(&investor), &json!({"address": address, "code": right})).await.expect(200);
    assert_eq!(
        test.put(MAIL, Some(&investor), &json!({"address": address, "code": right})).await.status,
        422
    );
    let seen = setting(&test, &investor).await;
    assert_eq!(
        (&seen["mail_masked"], &seen["wish"]["mail"], &seen["mail_offered"]),
        (&json!("a***@example.com"), &json!(true), &json!(true))
    );
    assert_eq!(test.send("DELETE", MAIL, Some(&investor), None).await.status, 204);
    assert_eq!(setting(&test, &investor).await["mail_masked"], Value::Null);
}

#[actix_web::test]
async fn without_a_server_the_road_says_that_it_is_not_set_up() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    assert_eq!(setting(&test, &investor).await["mail_offered"], false);
    let refused = test.post(CODES, Some(&investor), &json!({"address": "anna@example.com"})).await;
    assert_eq!((refused.status, refused.code()), (422, "auth.mail_off"));
    let booking = confirmed(&test, &host, &investor).await;
    let guest = json!({"name": "Anna", "language": "en", "mail": "anna@example.com"});
    assert_eq!(act(&test, &host, &booking, "guests", guest).await.status, 422);
    let path = format!("/api/v1/talks/bookings/{}/guests", booking["id"].as_str().unwrap());
    assert_eq!(test.get(&path, Some(&host)).await.expect(200)["mail_offered"], false);
}

#[actix_web::test]
#[ignore = "asks another program that reads calendars: scripts/test.sh brings it and runs this"]
async fn an_update_replaces_what_both_sides_were_sent_and_a_cancellation_removes_it() {
    let standins = Standins::start();
    let test = house(&standins).await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let (ours, theirs) = ("host@example.com", "investor@example.com");
    reach(&test, &standins, &host, ours).await;
    reach(&test, &standins, &investor, theirs).await;
    let slot = slots(&test, &investor).await.remove(0);
    let booking = hold(&test, &investor, &slot).await;
    for person in [&investor, &host] {
        act(&test, person, &booking, "confirmations", json!({})).await.expect(200);
        work(&test).await;
    }
    let guest = json!({"name": "Anna", "language": "en", "mail": "anna@example.com"});
    let made = act(&test, &host, &booking, "guests", guest).await.expect(201);
    work(&test).await;
    let after = moved(&test, &host, &investor, &booking).await;
    work(&test).await;
    let this = json!({"guest_id": made["guest"]["id"]});
    act(&test, &host, &booking, "guest-revocations", this).await.expect(200);
    act(&test, &host, &booking, "cancellations", json!({"reason": "项目暂停"})).await.expect(200);
    work(&test).await;
    work(&test).await;
    let start = |booking: &Value| booking["starts_at"].as_str().unwrap()[..16].to_owned();
    for address in [ours, theirs] {
        let all = standins.mails(address).await;
        let calendars: Vec<String> = all.into_iter().filter(|mail| mail.contains("text/calendar")).collect();
        assert_eq!(calendars.len(), 4, "asked, agreed, moved, called off; each once");
        let stood = take_in(&calendars, "eml");
        let seen: Vec<(usize, String, Value)> = stood
            .iter()
            .map(|stands| {
                let one = &stands[0];
                let at = one[2].as_str().unwrap_or_default().chars().take(16).collect();
                (stands.as_array().unwrap().len(), at, one[3].clone())
            })
            .collect();
        assert_eq!(seen[0], (1, start(&booking), json!("TENTATIVE")));
        assert_eq!(seen[1], (1, start(&booking), json!("CONFIRMED")));
        assert_eq!(seen[2], (1, start(&after), json!("CONFIRMED")));
        assert_eq!(seen[3].0, 0, "{stood:?}");
    }
    let stood = take_in(&standins.mails("anna@example.com").await, "eml");
    let lengths: Vec<usize> = stood.iter().map(|stands| stands.as_array().unwrap().len()).collect();
    assert_eq!(lengths, [1, 1, 0], "invited, moved, taken back while the talk stands");
}

#[actix_web::test]
async fn what_is_muted_is_not_mailed_and_a_summary_holds_back_all_but_calendars() {
    let standins = Standins::start();
    let test = house(&standins).await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let address = "investor@example.com";
    reach(&test, &standins, &investor, address).await;
    let wish = |rhythm: &str, muted: &[&str], mail: bool| json!({"quiet": null, "rhythm": rhythm, "daily_minute": 540, "muted": muted, "sms": false, "mail": mail});
    let before = standins.mails(address).await.len();
    for off in [wish("at_once", &["talk"], true), wish("at_once", &[], false)] {
        test.put(SETTING, Some(&investor), &off).await.expect(200);
        confirmed(&test, &host, &investor).await;
        work(&test).await;
        assert_eq!(standins.mails(address).await.len(), before, "{off}");
    }
    test.put(SETTING, Some(&investor), &wish("daily", &[], true)).await.expect(200);
    let booking = confirmed(&test, &host, &investor).await;
    let asked = json!({"starts_at": slots(&test, &investor).await[6]["starts_at"], "reason": "另有会议"});
    act(&test, &host, &booking, "proposals", asked).await.expect(200);
    work(&test).await;
    let new = standins.mails(address).await.split_off(before);
    assert_eq!(new.len(), 2, "asked and agreed; what is only proposed waits for the summary");
    assert!(new.iter().all(|mail| mail.contains("text/calendar")));
}

#[actix_web::test]
async fn a_busy_server_is_asked_again_and_a_refusal_is_final_and_shown() {
    let standins = Standins::start();
    let test = house(&standins).await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let address = "investor@example.com";
    reach(&test, &standins, &investor, address).await;
    for (n, (step, kind)) in
        [("smtp:rcpt", "busy"), ("smtp:rcpt", "reset"), ("smtp:connect", "reset"), ("smtp:data", "busy")]
            .into_iter()
            .enumerate()
    {
        let before = standins.mails(address).await.len();
        let slot = slots(&test, &investor).await.remove(n);
        let booking = hold(&test, &investor, &slot).await;
        standins.fault(step, kind, 1).await;
        act(&test, &investor, &booking, "confirmations", json!({})).await.expect(200);
        work(&test).await;
        assert_eq!(standins.mails(address).await.len(), before, "{step} {kind}");
        work(&test).await;
        assert_eq!(standins.mails(address).await.len(), before, "not before its time");
        test.app.clock.advance(Duration::seconds(31));
        work(&test).await;
        work(&test).await;
        assert_eq!(standins.mails(address).await.len(), before + 1, "{step} {kind}: once");
    }
    let investor = test.renewed(&investor);
    let before = standins.mails(address).await.len();
    standins.fault("smtp:rcpt", "error", 1).await;
    let slot = slots(&test, &investor).await.remove(5);
    let booking = hold(&test, &investor, &slot).await;
    act(&test, &investor, &booking, "confirmations", json!({})).await.expect(200);
    work(&test).await;
    test.app.clock.advance(Duration::hours(2));
    work(&test).await;
    assert_eq!(standins.mails(address).await.len(), before, "never again");
    let investor = test.renewed(&investor);
    let why = setting(&test, &investor).await["mail_failure"].as_str().unwrap().to_owned();
    assert!(why.contains("550"), "{why}");
    act(&test, &test.renewed(&host), &booking, "confirmations", json!({})).await.expect(200);
    work(&test).await;
    assert_eq!(setting(&test, &investor).await["mail_failure"], Value::Null, "the next one got through");
}

#[actix_web::test]
async fn a_mail_whose_answer_is_lost_is_not_sent_again_even_when_the_worker_was_killed() {
    let standins = Standins::start();
    let test = house(&standins).await;
    let investor = test.person(Role::Investor).await;
    host(&test).await;
    let address = "investor@example.com";
    reach(&test, &standins, &investor, address).await;
    let ask = async |n: usize| {
        let slot = slots(&test, &investor).await.remove(n);
        let booking = hold(&test, &investor, &slot).await;
        act(&test, &investor, &booking, "confirmations", json!({})).await.expect(200);
    };
    let before = standins.mails(address).await.len();
    standins.fault("smtp:data", "half_body", 1).await;
    ask(0).await;
    work(&test).await;
    assert_eq!(standins.mails(address).await.len(), before + 1);
    let why = setting(&test, &investor).await["mail_failure"].as_str().unwrap().to_owned();
    assert!(why.contains("unknown whether"), "{why}");

    // The server has the mail and is slow to say so; the worker ends meanwhile.
    standins.fault("smtp:data", "hang", 1).await;
    ask(1).await;
    let mut worker = palm(&test).args(standins.mail()).arg("worker").spawn().unwrap();
    for _ in 0..400 {
        if standins.mails(address).await.len() == before + 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert_eq!(standins.mails(address).await.len(), before + 2);
    let open =
        "SELECT COUNT(*) AS n FROM notification_mails WHERE state = 'pending' AND leased_until IS NOT NULL";
    assert_eq!(count(&test, open).await, 1);
    test.app.clock.advance(Duration::minutes(6));
    work(&test).await;
    work(&test).await;
    assert_eq!(standins.mails(address).await.len(), before + 2, "nobody is told twice");
    assert_eq!(count(&test, open).await, 0);

    // A twin that forgets its claim is caught by the same count.
    run_sql(
        &test,
        &["UPDATE notification_mails SET state = 'pending', ended_at = NULL WHERE failure LIKE 'the worker%'"],
    )
    .await;
    work(&test).await;
    assert_eq!(standins.mails(address).await.len(), before + 3);
}

#[actix_web::test]
async fn a_guest_is_sent_the_link_what_changes_and_that_it_was_taken_back() {
    let standins = Standins::start();
    let test = house(&standins).await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let booking = confirmed(&test, &host, &investor).await;
    work(&test).await;
    let address = "anna@example.com";
    let guest = json!({"name": "Anna", "language": "en", "mail": address});
    let made = act(&test, &host, &booking, "guests", guest).await.expect(201);
    assert_eq!(made["guest"]["mail_masked"], "a***@example.com");
    let kept = "SELECT COUNT(*) AS n FROM outbox_events WHERE payload LIKE '%guest/index?key=%'";
    assert_eq!(count(&test, kept).await, 0, "no table has the link");
    work(&test).await;
    let link = made["link"].as_str().unwrap();
    let invitation = standins.mails(address).await.pop().unwrap();
    assert!(read(&invitation).contains(link));
    let sealed = "SELECT COUNT(*) AS n FROM notification_mails WHERE sealed_link IS NOT NULL";
    assert_eq!(count(&test, sealed).await, 0, "nor its seal, once it is sent");
    assert_eq!(open(&test, &key_of(&made), &random::token()).await.expect(200)["name"], "Anna");
    moved(&test, &host, &investor, &booking).await;
    work(&test).await;
    let this = json!({"guest_id": made["guest"]["id"]});
    act(&test, &host, &booking, "guest-revocations", this.clone()).await.expect(200);
    act(&test, &host, &booking, "guest-revocations", this).await.expect(200);
    work(&test).await;
    act(&test, &host, &booking, "cancellations", json!({"reason": "项目暂停"})).await.expect(200);
    work(&test).await;
    let all = standins.mails(address).await;
    assert_eq!(all.len(), 3, "invited, moved, taken back; nothing after that");
    let method = |mail: &String| {
        let at = mail.find("method=").unwrap() + 7;
        mail[at..].split(';').next().unwrap().to_owned()
    };
    assert_eq!(all.iter().map(method).collect::<Vec<_>>(), ["REQUEST", "REQUEST", "CANCEL"]);

    let booking = confirmed(&test, &host, &investor).await;
    work(&test).await;
    standins.fault("smtp:rcpt", "error", 1).await;
    let guest = json!({"name": "Bob", "language": "en", "mail": "bob@example.com"});
    act(&test, &host, &booking, "guests", guest).await.expect(201);
    work(&test).await;
    let path = format!("/api/v1/talks/bookings/{}/guests", booking["id"].as_str().unwrap());
    let seen = test.get(&path, Some(&host)).await.expect(200)["items"][0].clone();
    assert!(seen["mail_failure"].as_str().unwrap().contains("550"), "{seen}");
    assert_eq!(seen["mailed_at"], Value::Null);
}
