//! Finding among 100 000 enterprises: our engine against SQLite's FTS5 with trigrams and PostgreSQL's pg_trgm.
//!
//! Every question can be answered by all three: it holds runs of three characters or more. The others give their best
//! twenty; ours besides counts all that the asker may see, and would also find by sound and forgive an error.
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use palm::people::auth::Scope;
use palm::views::search::SearchKind;
use palm::views::search::engine::entry::{Asker, Audience, Entry};
use palm::views::search::engine::index::{Index, Wanted};
use palm::views::search::engine::text::Question;

use crate::Line;
use crate::ground::{cluster, psql};

const ENTERPRISES: usize = 100_000;
const QUESTIONS: usize = 60;
const BEST: usize = 20;

const PLACES: [&str; 16] = [
    "益阳市",
    "长沙市",
    "深圳市",
    "苏州市",
    "上海市",
    "广州市",
    "东莞市",
    "株洲市",
    "湘潭市",
    "宁波市",
    "武汉市",
    "桃江县",
    "安化县",
    "南县",
    "沅江市",
    "佛山市",
];
const BRANDS: &str = "华腾飞云海星宇恒瑞丰源泰安康达信诚远宏盛博雅兴旺金鼎银河东方南山北辰中科天行健创智慧联通汇川艾德美佳乐福祥和顺利民生永固新特光明晨曦翔龙凤舞麒麟松柏梅兰竹菊清泉石上流";
const TRADES: [&str; 24] = [
    "新能源科技",
    "电子元件",
    "竹制品加工",
    "休闲食品",
    "工程机械",
    "新材料",
    "生物医药",
    "电容器制造",
    "半导体",
    "纺织服装",
    "船舶制造",
    "粮油加工",
    "黑茶产业",
    "数控设备",
    "环保科技",
    "物流供应链",
    "信息技术",
    "汽车零部件",
    "光伏设备",
    "锂电池材料",
    "智能装备",
    "现代农业",
    "家居用品",
    "包装印刷",
];
const FORMS: [&str; 4] = ["有限公司", "股份有限公司", "有限责任公司", "集团有限公司"];

/// Numbers that look random and are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % most
    }
    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

struct Firm {
    place: &'static str,
    brand: String,
    trade: &'static str,
    name: String,
    code: String,
}

fn firms() -> Vec<Firm> {
    let (mut dice, brands) = (Dice(0x9e37_79b9_7f4a_7c15), BRANDS.chars().collect::<Vec<_>>());
    let letters: Vec<char> = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().collect();
    let firm = |_| {
        let (place, trade, form) = (dice.pick(&PLACES), dice.pick(&TRADES), dice.pick(&FORMS));
        let brand: String = (0..2 + dice.below(2)).map(|_| brands[dice.below(brands.len())]).collect();
        let org: String = (0..10).map(|_| letters[dice.below(letters.len())]).collect();
        let code = format!("914309{:02}{org}", dice.below(30));
        Firm { place, trade, name: format!("{place}{brand}{trade}{form}"), brand, code }
    };
    (0..ENTERPRISES).map(firm).collect()
}

fn entry((n, firm): (usize, &Firm)) -> Entry {
    Entry {
        key: format!("enterprises/{n:06}"),
        kind: SearchKind::Enterprise,
        id: format!("{n:06}"),
        title: firm.name.clone(),
        title_en: None,
        aliases: vec![format!("{}{}", firm.brand, firm.trade)],
        words: Vec::new(),
        codes: vec![firm.code.clone()],
        detail: None,
        detail_en: None,
        unit_id: None,
        at: None,
        demo: true,
        audience: Audience { all: true, ..Audience::default() },
    }
}

/// What is asked, as runs that must all be found.
fn questions(firms: &[Firm]) -> Vec<(&'static str, Vec<Vec<String>>)> {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut some = |of: &dyn Fn(&Firm) -> Vec<String>| -> Vec<Vec<String>> {
        (0..QUESTIONS).map(|_| of(&firms[dice.below(firms.len())])).collect()
    };
    vec![
        ("a whole name", some(&|firm: &Firm| vec![firm.name.clone()])),
        ("brand and trade", some(&|firm: &Firm| vec![format!("{}{}", firm.brand, firm.trade)])),
        ("place and brand", some(&|firm: &Firm| vec![format!("{}{}", firm.place, firm.brand)])),
        ("a trade, a twenty-fourth of all", some(&|firm: &Firm| vec![firm.trade.chars().take(3).collect()])),
        ("a place and a trade", some(&|firm: &Firm| vec!["益阳市".to_owned(), firm.trade.to_owned()])),
        ("a credit code", some(&|firm: &Firm| vec![firm.code.clone()])),
        ("ten characters of a code", some(&|firm: &Firm| vec![firm.code.chars().take(10).collect()])),
    ]
}

fn cpu(process: &str) -> Duration {
    // Reading `stat` first makes the scheduler bring the count of a running thread up to date.
    let _ = std::fs::read_to_string("/proc/self/stat");
    let text = std::fs::read_to_string(format!("/proc/{process}/schedstat")).unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0))
}

/// Bytes of this process in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default().trim().to_owned();
    line.split(' ').next().and_then(|text| text.parse::<usize>().ok()).unwrap_or(0) * 1024
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    #[allow(dead_code, reason = "read so that the row is made")]
    id: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Pid {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

/// The words of a question for FTS5: each in quotes, all of them.
fn matching(runs: &[String]) -> String {
    runs.iter().map(|run| format!("\"{run}\"")).collect::<Vec<_>>().join(" AND ")
}

struct Fts(SqliteConnection);

impl Fts {
    fn fill(firms: &[Firm]) -> Self {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        let run = |conn: &mut SqliteConnection, sql: &str| diesel::sql_query(sql).execute(conn).unwrap();
        run(&mut conn, "CREATE VIRTUAL TABLE firms USING fts5(name, code, tokenize = 'trigram')");
        conn.transaction(|conn| {
            for firm in firms {
                diesel::sql_query("INSERT INTO firms (name, code) VALUES (?, ?)")
                    .bind::<Text, _>(&firm.name)
                    .bind::<Text, _>(&firm.code)
                    .execute(conn)?;
            }
            diesel::sql_query("INSERT INTO firms (firms) VALUES ('optimize')").execute(conn)
        })
        .unwrap();
        Self(conn)
    }
    fn ask(&mut self, runs: &[String]) -> usize {
        let sql = "SELECT rowid AS id FROM firms WHERE firms MATCH ? ORDER BY rank LIMIT 20";
        diesel::sql_query(sql).bind::<Text, _>(matching(runs)).load::<Row>(&mut self.0).unwrap().len()
    }
    fn count(&mut self, runs: &[String]) -> i64 {
        let sql = "SELECT COUNT(*) AS n FROM firms WHERE firms MATCH ?";
        diesel::sql_query(sql).bind::<Text, _>(matching(runs)).get_result::<Count>(&mut self.0).unwrap().n
    }
}

struct Trigrams {
    conn: PgConnection,
    process: String,
}

impl Trigrams {
    fn fill(firms: &[Firm]) -> Self {
        let cluster = cluster();
        psql(&cluster, "CREATE DATABASE search_bench");
        let url = format!("{}/search_bench", cluster.trim_end_matches("/postgres"));
        let mut conn = PgConnection::establish(&url).unwrap();
        let run = |conn: &mut PgConnection, sql: &str| diesel::sql_query(sql).execute(conn).unwrap();
        run(&mut conn, "CREATE EXTENSION pg_trgm");
        run(&mut conn, "CREATE TABLE firms (id BIGINT PRIMARY KEY, said TEXT NOT NULL)");
        for (n, some) in firms.chunks(1000).enumerate() {
            let rows =
                some.iter().enumerate().map(|(m, f)| format!("({}, '{} {}')", n * 1000 + m, f.name, f.code));
            run(&mut conn, &format!("INSERT INTO firms VALUES {}", rows.collect::<Vec<_>>().join(", ")));
        }
        run(&mut conn, "CREATE INDEX firms_said ON firms USING gin (said gin_trgm_ops)");
        run(&mut conn, "VACUUM ANALYZE firms");
        run(&mut conn, "SET max_parallel_workers_per_gather = 0");
        run(&mut conn, "SET jit = off");
        let pid: Pid = diesel::sql_query("SELECT pg_backend_pid() AS pid").get_result(&mut conn).unwrap();
        Self { conn, process: pid.pid.to_string() }
    }
    fn ask(&mut self, runs: &[String]) -> usize {
        let like = |n: usize| format!("%{}%", runs.get(n).map_or("", String::as_str));
        let asked = match runs.len() {
            1 => diesel::sql_query(
                "SELECT id FROM firms WHERE said LIKE $1 ORDER BY length(said), id LIMIT 20",
            )
            .into_boxed::<diesel::pg::Pg>()
            .bind::<Text, _>(like(0)),
            _ => diesel::sql_query(
                "SELECT id FROM firms WHERE said LIKE $1 AND said LIKE $2 ORDER BY length(said), id LIMIT 20",
            )
            .into_boxed::<diesel::pg::Pg>()
            .bind::<Text, _>(like(0))
            .bind::<Text, _>(like(1)),
        };
        asked.load::<Row>(&mut self.conn).unwrap().len()
    }
}

/// Mean processor time of a question of `process`, from as many rounds as take a tenth of a second.
fn mean(process: &str, asked: &[Vec<String>], mut ask: impl FnMut(&[String])) -> f64 {
    asked.iter().for_each(|runs| ask(runs));
    let (started, mut rounds) = (cpu(process), 0.0);
    loop {
        asked.iter().for_each(|runs| ask(runs));
        rounds += 1.0;
        let spent = cpu(process) - started;
        if spent > Duration::from_millis(100) {
            return spent.as_secs_f64() * 1e6 / rounds / asked.len() as f64;
        }
    }
}

pub fn run() -> Vec<Line> {
    let firms = firms();
    let (before, started) = (resident(), cpu("thread-self"));
    let mut index = Index::default();
    firms.iter().enumerate().map(entry).for_each(|entry| index.put(Arc::new(entry)));
    println!(
        "search: {} enterprises indexed in {:.2} s of processor time, {:.0} MB with their texts",
        index.len(),
        (cpu("thread-self") - started).as_secs_f64(),
        resident().saturating_sub(before) as f64 / 1e6,
    );
    let asker = Asker { reach: vec![(SearchKind::Enterprise, Scope::Any)], ..Asker::default() };
    let wanted = Wanted { kinds: SearchKind::ALL.to_vec(), most: BEST, after: None };
    let ours = |asked: &str| index.search(&Question::of(asked), &asker, &wanted);
    let (mut fts, mut trigrams) = (Fts::fill(&firms), Trigrams::fill(&firms));
    let backend = trigrams.process.clone();
    println!(
        "{:<34} {:>8} {:>9} {:>9} {:>11} {:>11}",
        "question (us of processor time)", "found", "ours", "p99 wall", "FTS5", "pg_trgm"
    );
    // The question of which each of the others takes the least times as long as ours.
    let mut least = [[1.0, f64::INFINITY]; 2];
    for (what, asked) in questions(&firms) {
        let mut found = 0;
        for runs in &asked {
            let count = ours(&runs.join(" ")).groups.iter().map(|group| group.count).sum::<usize>();
            let theirs = fts.count(runs) as usize;
            // Ours also finds what stands in pieces: never less.
            assert!(count >= theirs && theirs > 0, "{runs:?}: {count} and {theirs}");
            found += count;
        }
        let own = mean("thread-self", &asked, |runs| {
            black_box(ours(&runs.join(" ")));
        });
        let light = mean("thread-self", &asked, |runs| {
            black_box(fts.ask(runs));
        });
        let large = mean(&backend, &asked, |runs| {
            black_box(trigrams.ask(runs));
        });
        let p99 = p99(&asked, |runs| {
            black_box(ours(&runs.join(" ")));
        });
        println!(
            "{what:<34} {:>8} {own:>9.1} {p99:>9.1} {light:>7.0} {:>3.0}x {large:>7.0} {:>3.0}x",
            found / asked.len(),
            light / own,
            large / own
        );
        for (least, theirs) in least.iter_mut().zip([light, large]) {
            if theirs / own < least[1] / least[0] {
                *least = [own, theirs];
            }
        }
    }
    for (what, asked) in [
        ("by sound: yystengfei", "yystengfei"),
        ("by initials: htxny", "htxny"),
        ("an error in a name: 益阳市腾非新能源料技", "益阳市腾非新能源料技"),
        ("an error in a sound: tenfgeixinnengyuan", "tenfgeixinnengyuan"),
        ("two characters: 华腾", "华腾"),
        ("everybody's: 有限公司", "有限公司"),
    ] {
        let asked = [vec![asked.to_owned()]];
        let own = mean("thread-self", &asked, |runs| {
            black_box(ours(&runs[0]));
        });
        let count = ours(&asked[0][0]).groups.iter().map(|group| group.count).sum::<usize>();
        println!("{what:<40} {count:>8} found, {own:>9.1} us");
    }
    let names = ["search 100 000 names / SQLite FTS5 trigrams", "search 100 000 names / PostgreSQL pg_trgm"];
    let line = |(what, [ours, floor]): (&'static str, [f64; 2])| Line {
        what,
        ours,
        floor,
        unit: "us, least factor",
        more: false,
    };
    names.into_iter().zip(least).map(line).collect()
}

/// Wall time holds whatever else the machine does: the best of five is nearest to the work itself.
fn p99(asked: &[Vec<String>], mut ask: impl FnMut(&[String])) -> f64 {
    let mut once = |runs: &[String]| {
        let started = Instant::now();
        ask(runs);
        started.elapsed().as_secs_f64() * 1e6
    };
    let mut walls: Vec<f64> =
        asked.iter().map(|runs| (0..5).map(|_| once(runs)).fold(f64::INFINITY, f64::min)).collect();
    walls.sort_by(f64::total_cmp);
    walls[walls.len() * 99 / 100]
}
