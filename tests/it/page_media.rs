//! Pictures and films in guides and policies: known by content, public while a published page shows them, read in parts.
use palm::libraries;
use palm::people::auth::Role;
use palm::platform::hash_chain::sha256_hex;
use palm::platform::id;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Person, TestApp, count};

const MEDIA: &str = "/api/v1/content/media";
const VERSIONS: &str = "/api/v1/content/versions";
const CAPTIONS: &[u8] = "WEBVTT\n\n00:00.000 --> 00:02.000\n欢迎来到益阳\n".as_bytes();

async fn seeded() -> TestApp {
    let test = TestApp::start().await;
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, false)).await.unwrap();
    test
}

async fn editors(test: &TestApp) -> (Person, Person) {
    (test.person(Role::InformationTaskForce).await, test.person(Role::SystemAdministrator).await)
}

/// Begins as a film does; what follows is nobody's business but the player's.
fn film(bytes: usize) -> Vec<u8> {
    let mut film = b"\0\0\0\x18ftypisom\0\0\x02\0isommp41".to_vec();
    film.extend((0..bytes - film.len()).map(|n| u8::try_from(n % 251).unwrap()));
    film
}

fn picture() -> Vec<u8> {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 2, 2);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&[7; 12]).unwrap();
    png
}

async fn upload(test: &TestApp, person: &Person, name: &str, bytes: Vec<u8>) -> (u16, Value) {
    let part = reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned());
    let request = test.client.post(test.url(MEDIA)).bearer_auth(&person.token);
    let request = request.header("Idempotency-Key", id::fresh());
    let answer = request.multipart(reqwest::multipart::Form::new().part("file", part)).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn put(test: &TestApp, person: &Person, name: &str, bytes: Vec<u8>) -> String {
    let (status, medium) = upload(test, person, name, bytes).await;
    assert_eq!(status, 201, "{medium}");
    medium["sha256"].as_str().unwrap().to_owned()
}

fn medium(sha256: &str, kind: &str, captions: Option<&str>) -> Value {
    json!({"sha256": sha256, "kind": kind, "title": "示例影像", "title_en": "Sample", "words": "画面：沅江边的园区。",
        "captions": captions})
}

fn guide(media: &[Value]) -> Value {
    json!({"title": "示例指南", "summary": "示例", "body_md": "正文", "source": "示例", "source_on": "2026-01-05",
        "steps": [], "media": media})
}

async fn start(test: &TestApp, by: &Person, base: i32, content: &Value) -> crate::support::Answer {
    let body = json!({"slug": "sample-film", "kind": "guide", "base_number": base, "content": content});
    test.post(VERSIONS, Some(by), &body).await
}

async fn act(test: &TestApp, by: &Person, version: &Value, act: &str, body: &Value) -> Value {
    let path = format!("{VERSIONS}/{}/{act}", version["id"].as_str().unwrap());
    test.post(&path, Some(by), body).await.expect(200)
}

async fn publish(test: &TestApp, (one, other): (&Person, &Person), base: i32, media: &[Value]) -> Value {
    let draft = start(test, one, base, &guide(media)).await.expect(201);
    let read = json!({"content_sha256": draft["content_sha256"]});
    act(test, one, &draft, "submissions", &read).await;
    act(test, other, &draft, "publications", &read).await
}

async fn fetch(test: &TestApp, method: &str, hash: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let mut request = test.client.request(method.parse().unwrap(), test.url(&format!("/media/{hash}")));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn header<'a>(answer: &'a reqwest::Response, name: &str) -> &'a str {
    answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

#[actix_web::test]
async fn a_film_is_read_in_parts_and_by_whoever_holds_it_not_again() {
    let test = seeded().await;
    let (one, other) = editors(&test).await;
    let whole = film(300_000);
    let hash = put(&test, &one, "film.mp4", whole.clone()).await;
    assert_eq!(hash, sha256_hex(&whole));
    publish(&test, (&one, &other), 0, &[medium(&hash, "film", None)]).await;

    let answer = fetch(&test, "GET", &hash, &[]).await;
    let names =
        ["content-type", "accept-ranges", "cache-control", "content-length", "x-content-type-options"];
    let said = names.map(|name| header(&answer, name).to_owned());
    assert_eq!(said, ["video/mp4", "bytes", "public, max-age=3600", "300000", "nosniff"]);
    let tag = header(&answer, "etag").to_owned();
    assert!(tag.starts_with('"'), "a strong one: ranges are put together by it: {tag}");
    assert_eq!(answer.bytes().await.unwrap(), whole);

    let head = fetch(&test, "HEAD", &hash, &[]).await;
    assert_eq!((head.status(), header(&head, "content-length")), (StatusCode::OK, "300000"));
    assert!(head.bytes().await.unwrap().is_empty());

    for (range, said, part) in [
        ("bytes=0-99", "bytes 0-99/300000", &whole[..100]),
        ("bytes=299990-", "bytes 299990-299999/300000", &whole[299_990..]),
        ("bytes=-10", "bytes 299990-299999/300000", &whole[299_990..]),
        ("bytes=299000-999999", "bytes 299000-299999/300000", &whole[299_000..]),
    ] {
        let headers = [("range", range), ("accept-encoding", "gzip, br")];
        let answer = fetch(&test, "GET", &hash, &headers).await;
        assert_eq!((answer.status(), header(&answer, "content-range")), (StatusCode::PARTIAL_CONTENT, said));
        assert_eq!(header(&answer, "content-encoding"), "", "{range}");
        assert_eq!(answer.bytes().await.unwrap(), part, "{range}");
    }
    let beyond = fetch(&test, "GET", &hash, &[("range", "bytes=300000-")]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(header(&beyond, "content-range"), "bytes */300000");

    let same = fetch(&test, "GET", &hash, &[("range", "bytes=0-9"), ("if-range", &tag)]).await;
    assert_eq!(same.status(), StatusCode::PARTIAL_CONTENT);
    let changed = fetch(&test, "GET", &hash, &[("range", "bytes=0-9"), ("if-range", "\"another\"")]).await;
    assert_eq!(changed.status(), StatusCode::OK, "the whole, when what one holds is of something else");
    assert_eq!(changed.bytes().await.unwrap().len(), 300_000);
    let held = fetch(&test, "GET", &hash, &[("if-none-match", &tag)]).await;
    assert_eq!(held.status(), StatusCode::NOT_MODIFIED);
    assert!(held.bytes().await.unwrap().is_empty());
}

#[actix_web::test]
async fn only_what_a_published_page_shows_is_public() {
    let test = seeded().await;
    let (one, other) = editors(&test).await;
    let shown = put(&test, &one, "a.png", picture()).await;
    let (film, captions) =
        (put(&test, &one, "b.mp4", film(64)).await, put(&test, &one, "c.vtt", CAPTIONS.to_vec()).await);
    let status = |hash: &str| {
        let (test, hash) = (&test, hash.to_owned());
        async move { fetch(test, "GET", &hash, &[]).await.status().as_u16() }
    };
    let draft = start(&test, &one, 0, &guide(&[medium(&shown, "picture", None)])).await.expect(201);
    assert_eq!(status(&shown).await, 404, "of a draft");
    let path = format!("{MEDIA}/{shown}");
    let seen = test.client.get(test.url(&path)).bearer_auth(&other.token).send().await.unwrap();
    assert_eq!((seen.status().as_u16(), header(&seen, "cache-control")), (200, "private, no-store"));
    assert_eq!(test.get(&path, None).await.status, 401);
    assert_eq!(test.get(&path, Some(&test.person(Role::Investor).await)).await.status, 403);
    let given_up = json!({"reason": "换一版"});
    act(&test, &one, &draft, "discards", &given_up).await;

    let first = publish(&test, (&one, &other), 0, &[medium(&shown, "picture", None)]).await;
    assert_eq!((status(&shown).await, status(&film).await), (200, 404));
    let second = [medium(&film, "film", Some(&captions))];
    let second =
        publish(&test, (&one, &other), i32::try_from(first["number"].as_i64().unwrap()).unwrap(), &second)
            .await;
    assert_eq!((status(&shown).await, status(&film).await, status(&captions).await), (404, 200, 200));
    act(&test, &one, &second, "withdrawals", &json!({"reason": "示例撤下"})).await;
    assert_eq!((status(&film).await, status(&captions).await), (404, 404));
    for unknown in ["0".repeat(64), "x".to_owned(), "..%2Fkeys".to_owned()] {
        assert_eq!(status(&unknown).await, 404, "{unknown}");
    }
}

#[actix_web::test]
async fn the_page_shows_it_with_words_for_whoever_cannot_see_or_hear() {
    let test = seeded().await;
    let (one, other) = editors(&test).await;
    let (photo, film) =
        (put(&test, &one, "a.png", picture()).await, put(&test, &one, "b.mp4", film(64)).await);
    let captions = put(&test, &one, "c.vtt", CAPTIONS.to_vec()).await;
    let media = [medium(&photo, "picture", None), medium(&film, "film", Some(&captions))];
    publish(&test, (&one, &other), 0, &media).await;
    let page = |path: &str| {
        let request = test.client.get(test.url(path));
        async move { request.send().await.unwrap().text().await.unwrap() }
    };
    let text = page("/guides/sample-film").await;
    for part in [
        format!("<img loading=\"lazy\" src=\"/media/{photo}\" alt=\"画面：沅江边的园区。\""),
        format!(
            "<video controls preload=\"metadata\" playsinline src=\"/media/{film}\" aria-label=\"示例影像\">"
        ),
        format!(
            "<track kind=\"captions\" srclang=\"zh-CN\" label=\"中文\" default src=\"/media/{captions}\">"
        ),
        "<p>画面：沅江边的园区。</p>".to_owned(),
    ] {
        assert!(text.contains(&part), "{part} is not in {text}");
    }
    assert!(page("/en/guides/sample-film").await.contains("aria-label=\"Sample\""));
    let data = test.get("/api/v1/content/pages/sample-film", None).await.expect(200);
    assert_eq!(
        (&data["media"][0]["sha256"], &data["media"][1]["captions"]),
        (&json!(photo), &json!(captions))
    );
}

#[actix_web::test]
async fn what_is_no_picture_film_or_captions_is_refused_whatever_its_name_says() {
    let test = seeded().await;
    let (one, _) = editors(&test).await;
    for (name, bytes) in [
        ("a.mp4", b"<html><script>alert(1)</script>".to_vec()),
        ("a.png", b"\x89PNG\r\n\x1a\n".to_vec()),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()),
        ("a.mov", b"\0\0\0\x14ftypqt  \0\0\0\0".to_vec()),
        ("a.vtt", b"1\n00:00:00,000 --> 00:00:01,000\nx\n".to_vec()),
        ("empty.mp4", Vec::new()),
    ] {
        let (status, problem) = upload(&test, &one, name, bytes).await;
        assert_eq!((status, &problem["code"]), (422, &json!("page_medium.refused")), "{name}");
    }
    let part = reqwest::multipart::Part::bytes(film(20 * 1024 * 1024 + 1)).file_name("big.mp4");
    let request = test.client.post(test.url(MEDIA)).bearer_auth(&one.token);
    let request = request.header("Idempotency-Key", id::fresh());
    // The server may close before it was told everything that is too large.
    if let Ok(answer) = request.multipart(reqwest::multipart::Form::new().part("file", part)).send().await {
        assert_eq!(answer.status().as_u16(), 413);
    }
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM files").await, 0);
}

#[actix_web::test]
async fn the_same_bytes_are_kept_once() {
    let test = seeded().await;
    let (one, other) = editors(&test).await;
    let first = put(&test, &one, "a.mp4", film(64)).await;
    assert_eq!(put(&test, &other, "other name.mp4", film(64)).await, first);
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM files").await, 1);
}

#[actix_web::test]
async fn a_page_names_media_that_are_there_and_are_what_it_says() {
    let test = seeded().await;
    let (one, _) = editors(&test).await;
    let (photo, film) =
        (put(&test, &one, "a.png", picture()).await, put(&test, &one, "b.mp4", film(64)).await);
    let captions = put(&test, &one, "c.vtt", CAPTIONS.to_vec()).await;
    let unknown = "0".repeat(64);
    let mut silent = medium(&film, "film", None);
    silent["words"] = json!("  ");
    for (wrong, field, code) in [
        (medium(&unknown, "film", None), "content.media[0].sha256", "page.medium_unknown"),
        (medium(&photo, "film", None), "content.media[0].sha256", "page.medium_unknown"),
        (medium(&film, "film", Some(&photo)), "content.media[0].captions", "page.medium_unknown"),
        (medium(&captions, "captions", None), "content.media[0].kind", "input.choice"),
        (medium(&photo, "picture", Some(&captions)), "content.media[0].captions", "page.captions_of_picture"),
        (silent, "content.media[0].words", "input.empty"),
    ] {
        let refused = start(&test, &one, 0, &guide(&[wrong])).await;
        let first = &refused.body["errors"][0];
        assert_eq!((refused.status, &first["field"], &first["code"]), (422, &json!(field), &json!(code)));
    }
    let many = vec![medium(&film, "film", Some(&captions)); 11];
    assert_eq!(start(&test, &one, 0, &guide(&many)).await.status, 422);
    start(&test, &one, 0, &guide(&many[..10])).await.expect(201);
}
