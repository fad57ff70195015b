//! What PostgreSQL's log says of one request, made into a script that pgbench runs with other values.
//!
//! A value that was new in the request (an id, the key, the slot) becomes one drawn for each run; all else
//! stays as it was. So the floor has the very statements of the program, and cannot drift from it.
use std::collections::BTreeMap;

/// The statements of one request, in order, with their values in place.
pub struct Replay {
    pub statements: Vec<String>,
}

impl Replay {
    /// `log` has `statement: …` and `execute …: …` lines, each followed by its `parameters:` line.
    pub fn read(log: &str, known: &[String], key: &str, starts_at: &str) -> Self {
        let mut drawn = Drawn { known, key, slot: seconds(starts_at), ids: BTreeMap::new() };
        let mut statements = Vec::new();
        let mut waiting: Option<String> = None;
        for line in log.lines() {
            if let Some((_, values)) = line.split_once("DETAIL:  parameters: ") {
                let sql = waiting.take().expect("parameters follow a statement");
                statements.push(fill(&sql, &parameters(values), &mut drawn));
                continue;
            }
            statements.extend(waiting.take());
            if let Some((_, sql)) = line.split_once("LOG:  statement: ") {
                waiting = Some(sql.to_owned());
            } else if let Some((_, rest)) = line.split_once("LOG:  execute ") {
                waiting = rest.split_once(": ").map(|(_, sql)| sql.to_owned());
            }
        }
        statements.extend(waiting);
        statements.retain(|sql| !sql.trim().is_empty() && !sql.starts_with("SET "));
        Self { statements }
    }

    /// Verb and table of each, for a reader.
    pub fn heads(&self) -> Vec<String> {
        let head = |sql: &String| {
            let words: Vec<&str> = sql.split_whitespace().collect();
            let table = ["INTO", "FROM", "UPDATE"].iter().find_map(|w| {
                let at = words.iter().position(|word| word == w)?;
                words
                    .get(at + 1)
                    .map(|t| t.trim_matches(|c| "\"(".contains(c)).split('"').next().unwrap_or_default())
            });
            format!("{} {}", words[0], table.unwrap_or_default()).trim_end().to_owned()
        };
        self.statements.iter().map(head).collect()
    }

    pub fn script(&self) -> String {
        let draw = "\\set slot random(1, 4000000000)\n\\set one random(1, 1000000000000000)\n";
        format!("{draw}{};\n", self.statements.join(";\n"))
    }
}

/// Which values are drawn anew for each run.
struct Drawn<'a> {
    known: &'a [String],
    key: &'a str,
    /// The slot's start as the log writes it: `2026-11-28 00:00:00`
    slot: String,
    ids: BTreeMap<String, usize>,
}

impl Drawn<'_> {
    fn value(&mut self, value: Option<&str>) -> String {
        let Some(value) = value else { return "NULL".to_owned() };
        if value == self.key {
            return "md5(:one::text)".to_owned();
        }
        if is_uuid(value) && !self.known.iter().any(|known| known == value) {
            let next = self.ids.len();
            let nth = *self.ids.entry(value.to_owned()).or_insert(next);
            return format!("md5(:one::text || '{nth}')");
        }
        for minutes in [0, 15, 30] {
            if value == later(&self.slot, minutes) {
                return format!(
                    "(timestamp '2030-01-01' + :slot * interval '30 minutes' + interval '{minutes} minutes')"
                );
            }
        }
        format!("'{}'", value.replace('\'', "''"))
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(n, b)| if [8, 13, 18, 23].contains(&n) { b == b'-' } else { b.is_ascii_hexdigit() })
}

fn seconds(rfc3339: &str) -> String {
    rfc3339.get(..19).unwrap_or_default().replace('T', " ")
}

/// `minutes` after a time on the hour or the half hour.
fn later(time: &str, minutes: u32) -> String {
    let start: u32 = time.get(14..16).and_then(|m| m.parse().ok()).unwrap_or(0);
    let (hour, minute) = ((start + minutes) / 60, (start + minutes) % 60);
    if hour == 0 {
        format!("{}{minute:02}{}", &time[..14], &time[16..])
    } else {
        let next = chrono::NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S").unwrap();
        (next + chrono::Duration::minutes(i64::from(minutes))).format("%Y-%m-%d %H:%M:%S").to_string()
    }
}

/// `$1 = 'a', $2 = NULL, …`; a quote inside a value is doubled.
fn parameters(text: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(" = ") {
        if let Some(quoted) = after.strip_prefix('\'') {
            let mut value = String::new();
            let mut chars = quoted.char_indices().peekable();
            let mut end = quoted.len();
            while let Some((at, c)) = chars.next() {
                if c != '\'' {
                    value.push(c);
                } else if chars.peek().is_some_and(|(_, next)| *next == '\'') {
                    value.push('\'');
                    chars.next();
                } else {
                    end = at + 1;
                    break;
                }
            }
            values.push(Some(value));
            rest = &quoted[end..];
        } else {
            values.push(None);
            rest = after.split_once(',').map_or("", |(_, rest)| rest);
        }
    }
    values
}

/// Puts the values in the places of `$1`, `$2`, ….
fn fill(sql: &str, values: &[Option<String>], drawn: &mut Drawn<'_>) -> String {
    let mut filled = String::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('$') {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let nth: usize = after[..digits].parse().expect("a number after $");
        filled.push_str(before);
        filled.push_str(&drawn.value(values[nth - 1].as_deref()));
        rest = &after[digits..];
    }
    filled + rest
}
