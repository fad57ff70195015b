//! The investment map: seeds, filters, facets, paging, boxes, both datums, outlines as published.
use std::collections::HashSet;

use crate::support::TestApp;
use palm::libraries;
use palm::platform::geo::{Datum, Point};
use serde_json::Value;

const ALL: u64 = 69;

/// A server with the seeds, the invented sites among them.
async fn seeded() -> TestApp {
    let test = TestApp::start().await;
    seed(&test).await;
    test
}

async fn seed(test: &TestApp) {
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, true)).await.unwrap();
}

async fn sites(test: &TestApp, query: &str) -> Value {
    test.get(&format!("/api/v1/map/sites?limit=200&{query}"), None).await.expect(200)
}

fn items(found: &Value) -> &Vec<Value> {
    found["items"].as_array().unwrap()
}

fn ids(found: &Value) -> HashSet<String> {
    items(found).iter().map(|site| site["id"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn seeding_again_changes_nothing() {
    let test = seeded().await;
    let first = sites(&test, "q=%E5%9B%AD&datum=wgs84").await;
    test.app.clock.advance(chrono::Duration::days(1));
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    let changed = test.app.db.write(move |conn| libraries::map::seed(conn, &seeds, now, true)).await.unwrap();
    assert_eq!(changed, 0);
    seed(&test).await;
    assert_eq!(sites(&test, "q=%E5%9B%AD&datum=wgs84").await, first);
    assert_eq!(sites(&test, "").await["total"], ALL);
}

#[actix_web::test]
async fn without_the_demo_there_are_the_nine_parks_alone() {
    let test = TestApp::start().await;
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, false)).await.unwrap();
    let found = sites(&test, "").await;
    assert_eq!(found["total"], 9);
    assert!(items(&found).iter().all(|site| site["kind"] == "park" && site["demo"] == false));
}

#[actix_web::test]
async fn each_filter_keeps_what_fits_and_nothing_else() {
    let test = seeded().await;
    let whole = sites(&test, "").await;
    let expect = |keep: &dyn Fn(&Value) -> bool| -> HashSet<String> {
        items(&whole)
            .iter()
            .filter(|site| keep(site))
            .map(|site| site["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let at_least = |site: &Value, field: &str, n: i64| site[field].as_i64().is_some_and(|v| v >= n);
    let at_most = |site: &Value, field: &str, n: i64| site[field].as_i64().is_some_and(|v| v <= n);
    let holds =
        |site: &Value, industry: &str| site["industries"].as_array().unwrap().iter().any(|i| i == industry);
    let cases: Vec<(&str, HashSet<String>)> = vec![
        ("kind=parcel", expect(&|s| s["kind"] == "parcel")),
        ("unit_id=430981", expect(&|s| s["unit_id"] == "430981")),
        ("industry=food", expect(&|s| holds(s, "food"))),
        ("status=available", expect(&|s| s["status"] == "available")),
        ("area_min_m2=40000", expect(&|s| at_least(s, "area_m2", 40_000))),
        ("area_max_m2=9000", expect(&|s| at_most(s, "area_m2", 9_000))),
        ("price_max_fen_per_mu=17000000", expect(&|s| at_most(s, "price_fen_per_mu", 17_000_000))),
        ("rent_max_fen_per_m2_month=1000", expect(&|s| at_most(s, "rent_fen_per_m2_month", 1_000))),
        (
            "kind=parcel&industry=food&status=available&area_min_m2=20000",
            expect(&|s| {
                s["kind"] == "parcel"
                    && holds(s, "food")
                    && s["status"] == "available"
                    && at_least(s, "area_m2", 20_000)
            }),
        ),
    ];
    for (query, expected) in cases {
        let found = sites(&test, query).await;
        assert_eq!(ids(&found), expected, "{query}");
        assert_eq!(found["total"], expected.len() as u64, "{query}");
        assert!(!expected.is_empty() && expected.len() < items(&whole).len(), "{query} tells nothing");
    }
}

#[actix_web::test]
async fn a_park_is_a_unit_too() {
    let test = seeded().await;
    let found = sites(&test, "unit_id=park-longling").await;
    assert!(ids(&found).contains("park-longling"));
    assert!(items(&found).len() > 1);
    assert!(items(&found).iter().all(|site| site["unit_id"] == "430903"));
}

#[actix_web::test]
async fn words_are_looked_for_in_both_languages_and_taken_literally() {
    let test = seeded().await;
    let longling = ids(&sites(&test, "q=%E9%BE%99%E5%B2%AD").await);
    assert!(longling.contains("park-longling"));
    assert!(ids(&sites(&test, "q=LONGLING").await).contains("park-longling"));
    // A former name, two words of which both must occur, and marks that mean nothing.
    assert!(ids(&sites(&test, "q=%E9%9B%86%E4%B8%AD%E5%8C%BA").await).contains("park-longling"));
    assert_eq!(sites(&test, "q=longling%20nowhere").await["total"], 0);
    for nothing in ["%25%25", "___", "%5C", "'%20OR%201=1--"] {
        assert_eq!(sites(&test, &format!("q={nothing}")).await["total"], 0, "{nothing}");
    }
}

#[actix_web::test]
async fn a_facet_counts_what_its_choice_would_find() {
    let test = seeded().await;
    let found = sites(&test, "kind=parcel&status=available&q=demo").await;
    for (facet, field, others) in [
        ("kind", "kind", "status=available&q=demo"),
        ("status", "status", "kind=parcel&q=demo"),
        ("unit_id", "unit_id", "kind=parcel&status=available&q=demo"),
        ("industry", "industry", "kind=parcel&status=available&q=demo"),
    ] {
        let counts = found["facets"][facet].as_object().unwrap();
        assert!(!counts.is_empty());
        for (value, count) in counts {
            let chosen = sites(&test, &format!("{others}&{field}={value}")).await;
            assert_eq!(&chosen["total"], count, "{facet} {value}");
        }
    }
}

#[actix_web::test]
async fn pages_hold_every_site_once_and_in_order() {
    let test = seeded().await;
    let whole: Vec<Value> = items(&sites(&test, "").await).iter().map(|s| s["id"].clone()).collect();
    let (mut read, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = test.get(&format!("/api/v1/map/sites?limit=7{cursor}"), None).await.expect(200);
        assert_eq!(page["total"], ALL);
        read.extend(items(&page).iter().map(|s| s["id"].clone()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(read, whole);
    assert_eq!(read.len() as u64, ALL);
}

#[actix_web::test]
async fn every_point_is_converted_and_the_datum_is_named() {
    let test = seeded().await;
    let (gcj, wgs) = (sites(&test, "").await, sites(&test, "datum=wgs84").await);
    assert_eq!((&gcj["datum"], &wgs["datum"]), (&"gcj02".into(), &"wgs84".into()));
    let point =
        |site: &Value| Point::new(site["longitude"].as_f64().unwrap(), site["latitude"].as_f64().unwrap());
    for (gcj, wgs) in items(&gcj).iter().zip(items(&wgs)) {
        assert_eq!(gcj["id"], wgs["id"]);
        assert_eq!(point(wgs).to_datum(Datum::Gcj02).rounded(), point(gcj), "{}", gcj["name"]);
        assert!((point(gcj).longitude - point(wgs).longitude) > 0.004);
    }
    for datum in ["gcj02", "wgs84"] {
        let view =
            test.get(&format!("/api/v1/map/sites/park-longling?datum={datum}"), None).await.expect(200);
        let listed = if datum == "gcj02" { &gcj } else { &wgs };
        let listed = items(listed).iter().find(|s| s["id"] == "park-longling").unwrap();
        assert_eq!((&view["datum"], point(&view)), (&datum.into(), point(listed)));
    }
}

#[actix_web::test]
async fn a_box_holds_exactly_the_points_inside_it() {
    let test = seeded().await;
    for datum in ["gcj02", "wgs84"] {
        let whole = sites(&test, &format!("datum={datum}")).await;
        let (w, s, e, n) = (112.2, 28.4, 112.45, 28.65);
        let inside: HashSet<String> = items(&whole)
            .iter()
            .filter(|site| {
                let (x, y) = (site["longitude"].as_f64().unwrap(), site["latitude"].as_f64().unwrap());
                (w..=e).contains(&x) && (s..=n).contains(&y)
            })
            .map(|site| site["id"].as_str().unwrap().to_owned())
            .collect();
        let found = sites(&test, &format!("datum={datum}&bbox={w},{s},{e},{n}")).await;
        assert!(!inside.is_empty() && inside.len() < items(&whole).len());
        assert_eq!(ids(&found), inside, "{datum}");
    }
}

#[actix_web::test]
async fn a_site_tells_its_facts_with_their_sources() {
    let test = seeded().await;
    let park = test.get("/api/v1/map/sites/park-longling", None).await.expect(200);
    assert_eq!(park["former_names"][0], "益阳龙岭工业集中区");
    assert!(park["summary"].as_str().unwrap().contains("省级园区"));
    assert!(!park["facts"].as_array().unwrap().is_empty());
    for fact in park["facts"].as_array().unwrap() {
        assert!(!fact["source"].as_str().unwrap().is_empty());
        assert!(["a", "b", "c"].contains(&fact["confidence"].as_str().unwrap()));
    }
    let parcel = sites(&test, "kind=parcel&unit_id=park-longling").await["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let parcel = test.get(&format!("/api/v1/map/sites/{parcel}"), None).await.expect(200);
    assert_eq!((&parcel["demo"], &parcel["park_id"]), (&true.into(), &"park-longling".into()));
    assert_eq!(
        (&parcel["park_name"], &parcel["unit_name"]),
        (&"益阳龙岭产业开发区".into(), &"赫山区".into())
    );
    assert!(parcel["plot_ratio"].as_f64().unwrap() < 10.0);
}

#[actix_web::test]
async fn outlines_are_as_published_and_say_so() {
    let test = seeded().await;
    for datum in ["gcj02", "wgs84"] {
        let shown = test.get(&format!("/api/v1/map/outlines?datum={datum}"), None).await.expect(200);
        let path = test.app.config.seeds_dir.join(format!("outlines/yiyang-counties.{datum}.geojson"));
        let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(shown["features"], file["features"]);
        assert_eq!((&shown["type"], &shown["datum"]), (&"FeatureCollection".into(), &datum.into()));
        assert_eq!(shown["approval_no"], "GS(2024)0650号");
        assert!(
            !shown["source"].as_str().unwrap().is_empty()
                && !shown["disclaimer"].as_str().unwrap().is_empty()
        );
    }
}

#[actix_web::test]
async fn an_answer_that_one_holds_is_not_sent_again() {
    let test = seeded().await;
    for path in
        ["/api/v1/map/sites", "/api/v1/map/sites?q=a", "/api/v1/map/sites/park-anhua", "/api/v1/map/outlines"]
    {
        let answer = test.get(path, None).await;
        assert_eq!(answer.headers["cache-control"], "public, max-age=60", "{path}");
        let tag = answer.headers["etag"].to_str().unwrap().to_owned();
        let again = test.client.get(test.url(path)).header("if-none-match", tag).send().await.unwrap();
        assert_eq!(again.status().as_u16(), 304, "{path}");
        assert!(again.bytes().await.unwrap().is_empty());
        let other = test.client.get(test.url(path)).header("if-none-match", "W/\"x\"").send().await.unwrap();
        assert_eq!(other.status().as_u16(), 200, "{path}");
    }
}

#[actix_web::test]
async fn what_does_not_fit_is_refused_by_name() {
    let test = seeded().await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("area_min_m2=-1", "area_min_m2"),
        ("rent_max_fen_per_m2_month=-1", "rent_max_fen_per_m2_month"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=113,28,112,29", "bbox"),
        ("cursor=nonsense", "cursor"),
        ("cursor=WyJhIl0", "cursor"),
        ("q=a%00b", "q"),
    ] {
        let answer = test.get(&format!("/api/v1/map/sites?{query}"), None).await;
        assert_eq!(
            (answer.status, answer.body["errors"][0]["field"].as_str()),
            (422, Some(field)),
            "{query}"
        );
    }
    for query in ["kind=castle", "datum=bd09", "limit=x"] {
        assert_eq!(test.get(&format!("/api/v1/map/sites?{query}"), None).await.status, 422, "{query}");
    }
    for id in ["nowhere", "a%00b", "%27", &"a".repeat(300)] {
        assert_eq!(test.get(&format!("/api/v1/map/sites/{id}"), None).await.status, 404, "{id}");
    }
}
