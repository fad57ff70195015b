//! The investment map: seeds, filters, facets, paging, boxes, both datums, outlines as published.
use std::collections::HashSet;

use crate::support::{TestApp, ask};
use palm::libraries;
use palm::libraries::map::Site;
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
    for path in [
        "/api/v1/map/sites",
        "/api/v1/map/sites?q=a",
        "/api/v1/map/sites/park-anhua",
        "/api/v1/map/outlines",
        "/api/v1/map/clusters?zoom=9",
        "/api/v1/map/tiles/8/207/106.mvt",
        "/api/v1/map/features",
    ] {
        let answer = test.get(path, None).await;
        let kept = if path.ends_with("outlines") { "public, max-age=60" } else { "public, no-cache" };
        assert_eq!(answer.headers["cache-control"], kept, "{path}");
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
        ("unit_id=999999", "unit_id"),
        ("utilities=gold", "utilities"),
        ("near=nowhere", "near"),
        ("near=enterprise", "near"),
        ("near=port&within_km=0", "within_km"),
        ("zoom=5", "zoom"),
        ("zoom=19", "zoom"),
        ("polygon=112,28;113,28", "polygon"),
        ("price_max_fen_per_mu=4000000001", "price_max_fen_per_mu"),
    ] {
        let answer = test.get(&format!("/api/v1/map/sites?{query}"), None).await;
        assert_eq!(
            (answer.status, answer.body["errors"][0]["field"].as_str()),
            (422, Some(field)),
            "{query}"
        );
    }
    let corners = vec!["112,28"; 201].join(";");
    assert_eq!(test.get(&format!("/api/v1/map/clusters?polygon={corners}"), None).await.status, 422);
    for tile in ["5/1/1", "19/1/1", "8/256/0", "8/0/256", "8/x/1", "8/-1/1"] {
        assert_eq!(test.get(&format!("/api/v1/map/tiles/{tile}.mvt"), None).await.status, 404, "{tile}");
    }
    for query in ["kind=castle", "datum=bd09", "crs=bd09", "limit=x", "zoom=1e9"] {
        assert_eq!(test.get(&format!("/api/v1/map/sites?{query}"), None).await.status, 422, "{query}");
    }
    for id in ["nowhere", "a%00b", "%27", &"a".repeat(300)] {
        assert_eq!(test.get(&format!("/api/v1/map/sites/{id}"), None).await.status, 404, "{id}");
    }
}

async fn clusters(test: &TestApp, query: &str) -> Value {
    test.get(&format!("/api/v1/map/clusters?{query}"), None).await.expect(200)
}

fn joined(bbox: &Value) -> String {
    bbox.as_array().unwrap().iter().map(|n| n.as_f64().unwrap().to_string()).collect::<Vec<_>>().join(",")
}

#[actix_web::test]
async fn a_view_counts_what_the_list_of_its_box_holds() {
    let test = seeded().await;
    let mut single = 0;
    for zoom in [6, 8, 10, 12, 15, 18] {
        for filter in
            ["", "kind=parcel", "status=available&industry=food", "utilities=sewage,gas", "datum=wgs84"]
        {
            for bbox in ["", "&bbox=112.2,28.4,112.45,28.65", "&bbox=111.1,28.2,112.9,29.6"] {
                let view = clusters(&test, &format!("zoom={zoom}&{filter}{bbox}")).await;
                let features = view["features"].as_array().unwrap();
                let counted: u64 = features.iter().map(|f| f["properties"]["count"].as_u64().unwrap()).sum();
                assert!(features.len() <= 100);
                assert_eq!(view["total"], counted, "{zoom} {filter} {bbox}");
                let list =
                    sites(&test, &format!("zoom={zoom}&{filter}&bbox={}", joined(&view["bbox"]))).await;
                assert_eq!(list["total"], view["total"], "{zoom} {filter} {bbox}");
                assert_eq!(list["facets"], view["facets"]);
                let ids = ids(&list);
                for site in features.iter().filter_map(|f| f["properties"]["site"]["id"].as_str()) {
                    assert!(ids.contains(site));
                    single += 1;
                }
            }
        }
    }
    assert!(single > 100, "few sites stand alone: {single}");
}

#[actix_web::test]
async fn ten_mu_with_sewage_by_rail_under_200_000_yuan_a_mu_for_food_is_one_question() {
    let test = seeded().await;
    let hubs = test.get("/api/v1/map/features?kinds=rail_station", None).await.expect(200);
    let hubs: Vec<Point> = hubs["features"].as_array().unwrap().iter().map(|f| at(&f["geometry"])).collect();
    assert!(hubs.len() > 1);
    let asked = "kind=parcel&area_min_m2=6667&utilities=sewage&price_max_fen_per_mu=20000000&industry=food";
    let found = ids(&sites(&test, &format!("{asked}&near=rail_station&within_km=12")).await);
    let all = sites(&test, asked).await;
    let near = |site: &Value| hubs.iter().any(|hub| kilometres(*hub, place(site)) <= 12.0);
    let expected: HashSet<String> =
        items(&all).iter().filter(|site| near(site)).map(|s| s["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found, expected);
    assert!(!found.is_empty() && found.len() < items(&all).len());
}

fn at(geometry: &Value) -> Point {
    let degrees = |n: usize| geometry["coordinates"][n].as_f64().unwrap();
    Point::new(degrees(0), degrees(1))
}

fn place(site: &Value) -> Point {
    Point::new(site["longitude"].as_f64().unwrap(), site["latitude"].as_f64().unwrap())
}

fn kilometres(a: Point, b: Point) -> f64 {
    let [x1, y1, x2, y2] = [a.longitude, a.latitude, b.longitude, b.latitude].map(f64::to_radians);
    let h = ((y2 - y1) / 2.0).sin().powi(2) + y1.cos() * y2.cos() * ((x2 - x1) / 2.0).sin().powi(2);
    2.0 * 6371.0088 * h.sqrt().asin()
}

#[actix_web::test]
async fn a_drawn_polygon_holds_what_lies_in_it_even_when_it_crosses_itself() {
    let test = seeded().await;
    let whole = sites(&test, "").await;
    // A bow tie: two triangles that meet in the middle.
    let (w, s, e, n) = (112.0, 28.3, 112.6, 28.9);
    let polygon = format!("{w},{s};{e},{n};{e},{s};{w},{n}");
    let inside: HashSet<String> = items(&whole)
        .iter()
        .filter(|site| {
            let (x, y) = ((place(site).longitude - w) / (e - w), (place(site).latitude - s) / (n - s));
            let in_box = (0.0..1.0).contains(&x) && (0.0..1.0).contains(&y);
            in_box && ((x < 0.5 && x < y && y < 1.0 - x) || (x > 0.5 && 1.0 - x < y && y < x))
        })
        .map(|site| site["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(inside.len() > 3);
    assert_eq!(ids(&sites(&test, &format!("polygon={polygon}")).await), inside);
    assert_eq!(clusters(&test, &format!("zoom=9&polygon={polygon}")).await["total"], inside.len());
}

#[actix_web::test]
async fn power_is_the_sites_own_or_its_parks() {
    let test = seeded().await;
    let strong = sites(&test, "power_min_kva=1500").await;
    let weak = sites(&test, "utilities=power").await;
    assert!(strong["total"].as_u64() < weak["total"].as_u64() && strong["total"] != 0);
    let counted = sites(&test, "kind=parcel").await;
    for utility in ["power", "water", "sewage", "gas", "steam"] {
        let chosen = sites(&test, &format!("kind=parcel&utilities={utility}")).await;
        assert_eq!(chosen["total"], counted["facets"]["utility"][utility], "{utility}");
    }
    // The profile of the Taojiang park names a sewage plant: what lies in the park has it too.
    let in_park = sites(&test, "unit_id=park-taojiang").await;
    assert_eq!(sites(&test, "unit_id=park-taojiang&utilities=sewage").await["total"], in_park["total"]);
}

/// Asks until the answer is as it should be; the time is the map's own affair, the end is not.
async fn until(test: &TestApp, address: std::net::SocketAddr, path: &str, holds: impl Fn(&Value) -> bool) {
    let started = std::time::Instant::now();
    loop {
        let answer = ask(&test.client, address, "GET", path, None, None, "k").await.unwrap().expect(200);
        if holds(&answer) {
            println!("seen after {} ms", started.elapsed().as_millis());
            return;
        }
        assert!(started.elapsed().as_secs() < 20, "never seen: {answer}");
        actix_web::rt::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[actix_web::test]
async fn a_changed_price_is_in_the_next_answers_of_both_instances() {
    let test = seeded().await;
    let (_other, address) = test.another().await;
    let site = items(&sites(&test, "kind=parcel&limit=1").await)[0].clone();
    let id = site["id"].as_str().unwrap().to_owned();
    let paths = [
        "/api/v1/map/sites?kind=parcel&price_max_fen_per_mu=1234".to_owned(),
        format!("/api/v1/map/sites/{id}"),
    ];
    for address in [test.address, address] {
        until(&test, address, &paths[0], |found| found["total"] == 0).await;
    }
    // Through the room's own function, and without the hint that a request would give: only the clock tells.
    let wanted = id.clone();
    let change = move |conn: &mut palm::platform::db::DbConn| {
        let site = Site::find(conn, &wanted)?.ok_or(palm::error::AppError::NotFound)?;
        Site::keep_all(conn, vec![Site { price_fen_per_mu: Some(1234), ..site }])
    };
    assert_eq!(test.app.db.write(change).await.unwrap(), 1);
    for address in [test.address, address] {
        until(&test, address, &paths[0], |found| found["items"][0]["id"] == id.as_str()).await;
        until(&test, address, &paths[1], |found| found["price_fen_per_mu"] == 1234).await;
    }
    // Gone from the table is gone from the map.
    let wanted = id.clone();
    let remove = move |conn: &mut palm::platform::db::DbConn| {
        use diesel::prelude::*;
        use palm::schema::map_sites;
        Ok(diesel::delete(map_sites::table.find(&wanted)).execute(conn)?)
    };
    assert_eq!(test.app.db.write(remove).await.unwrap(), 1);
    for address in [test.address, address] {
        until(&test, address, &paths[0], |found| found["total"] == 0).await;
    }
}

#[actix_web::test]
async fn red_lines_are_for_people_who_have_signed_in_and_exact() {
    let test = seeded().await;
    let path = "/api/v1/map/red-lines?bbox=112.2,28.4,112.6,28.7";
    assert_eq!(test.get(path, None).await.status, 401);
    let investor = test.person(palm::people::auth::Role::Investor).await;
    let gcj = test.get(path, Some(&investor)).await.expect(200);
    let wgs = test.get(&format!("{path}&crs=wgs84"), Some(&investor)).await.expect(200);
    assert_eq!((&gcj["datum"], &wgs["datum"]), (&"gcj02".into(), &"wgs84".into()));
    let lines = gcj["features"].as_array().unwrap();
    assert!(!lines.is_empty() && lines.len() <= 60);
    for line in lines {
        assert_eq!(line["properties"]["demo"], true);
        let ring = line["geometry"]["coordinates"][0].as_array().unwrap();
        assert!(ring.len() > 3 && ring.first() == ring.last());
        if let Some(other) =
            wgs["features"].as_array().unwrap().iter().find(|other| other["id"] == line["id"])
        {
            for (gcj, wgs) in ring.iter().zip(other["geometry"]["coordinates"][0].as_array().unwrap()) {
                let corner = |of: &Value| Point::new(of[0].as_f64().unwrap(), of[1].as_f64().unwrap());
                let moved = corner(wgs).to_datum(Datum::Gcj02);
                assert!((moved.longitude - corner(gcj).longitude).abs() < 3e-7);
                assert!((moved.latitude - corner(gcj).latitude).abs() < 3e-7);
            }
        }
    }
    // Nothing of the exact line is in what everybody sees.
    let corner = lines[0]["geometry"]["coordinates"][0][0][0].to_string();
    let public = sites(&test, "").await.to_string() + &clusters(&test, "zoom=14").await.to_string();
    assert!(!public.contains(&corner));
}

#[actix_web::test]
async fn what_was_not_checked_for_ninety_days_is_stale() {
    let test = seeded().await;
    let stale = |list: &Value| items(list).iter().filter(|s| s["stale"] == true).count();
    let before = sites(&test, "").await;
    for site in items(&before).iter().filter(|site| site["checked_on"].is_null()) {
        assert_eq!(site["stale"], true);
    }
    test.app.clock.advance(chrono::Duration::days(400));
    let after = sites(&test, "").await;
    assert_eq!(stale(&after), items(&after).len());
    assert!(stale(&before) < stale(&after));
}

#[actix_web::test]
async fn what_is_near_is_told_with_its_source() {
    let test = seeded().await;
    let all = test.get("/api/v1/map/features", None).await.expect(200);
    let features = all["features"].as_array().unwrap();
    assert!(features.len() > 20);
    for feature in features {
        let told = &feature["properties"];
        assert!(!told["source"].as_str().unwrap().is_empty());
        assert_eq!(told["demo"] == false, feature["id"] == "hub-rail-huishangang", "{feature}");
    }
    let ports = test.get("/api/v1/map/features?kinds=port,airport&crs=wgs84", None).await.expect(200);
    assert_eq!(ports["features"].as_array().unwrap().len(), 3);
    let boxed = test.get("/api/v1/map/features?bbox=112.3,28.5,112.5,28.6", None).await.expect(200);
    assert!(boxed["features"].as_array().unwrap().len() < features.len());
}
