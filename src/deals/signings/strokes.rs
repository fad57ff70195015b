//! How a signature was written by hand: strokes as points in time, kept beside the evidence that names their hash.
use diesel::prelude::*;
use serde_json::{Value, json};

use crate::deals::signings::AgreementId;
use crate::deals::signings::agreement::Whole;
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::{Both, DbConn};
use crate::platform::hash_chain::{canonical, sha256_hex};
use crate::schema::agreement_strokes;

pub const BAD_STROKES: Code = Code::new(
    "signature.bad_strokes",
    "手写笔迹无法使用，请重写或改用打字签名",
    "The strokes cannot be used; write again or type your name",
);
/// Names the shape of the document.
const FORMAT: &str = "palm-strokes-1";
const MOST_STROKES: usize = 200;
const MOST_POINTS: usize = 6000;
/// The furthest place in a frame, in pixels.
const FURTHEST: i32 = 4000;
/// Milliseconds.
const LONGEST: i32 = 600_000;
/// What reaches less far, in pixels, is a dot and no writing.
const LEAST_REACH: i32 = 10;

/// Pixels from the frame's left and upper edge, and milliseconds since the first touch.
pub type Point = [i32; 3];

/// A drawing whose every number was looked at.
#[derive(Debug, Clone)]
pub struct Strokes {
    document: String,
    sha256: String,
    strokes: usize,
    points: usize,
    duration_ms: i32,
}

impl Strokes {
    /// Refuses what no hand has written: nothing, a dot, too much, a place outside or a time that runs back.
    pub fn parse(strokes: &[Vec<Point>]) -> Result<Self, AppError> {
        let refused = || AppError::Unprocessable(&BAD_STROKES);
        let points: usize = strokes.iter().map(Vec::len).sum();
        let fits = strokes.len() <= MOST_STROKES && points <= MOST_POINTS;
        if !fits || strokes.iter().any(Vec::is_empty) {
            return Err(refused());
        }
        let inside = |[x, y, t]: &Point| {
            (0..=FURTHEST).contains(x) && (0..=FURTHEST).contains(y) && (0..=LONGEST).contains(t)
        };
        let all = || strokes.iter().flatten();
        if !all().all(inside) || !all().is_sorted_by_key(|[_, _, t]| *t) {
            return Err(refused());
        }
        let reach = |places: Vec<i32>| {
            places.iter().max().zip(places.iter().min()).map_or(0, |(far, near)| far - near)
        };
        let across = reach(all().map(|[x, ..]| *x).collect());
        let down = reach(all().map(|[_, y, _]| *y).collect());
        if across.max(down) < LEAST_REACH {
            return Err(refused());
        }
        let document = canonical(&json!({"format": FORMAT, "strokes": strokes}));
        Ok(Self {
            sha256: sha256_hex(&document),
            document,
            strokes: strokes.len(),
            points,
            duration_ms: reach(all().map(|[_, _, t]| *t).collect()),
        })
    }

    /// What the evidence says of it.
    pub fn evidence(&self) -> Value {
        json!({
            "sha256": self.sha256, "strokes": self.strokes, "points": self.points,
            "duration_ms": self.duration_ms,
        })
    }

    /// Keeps the document; the same one again changes nothing.
    pub fn keep(
        &self,
        conn: &mut DbConn,
        agreement: &AgreementId,
        signer: &AccountId,
        now: Time,
    ) -> Result<(), AppError> {
        use agreement_strokes as t;
        let row = (
            t::agreement_id.eq(agreement),
            t::account_id.eq(signer),
            t::sha256.eq(&self.sha256),
            t::document.eq(&self.document),
            t::kept_at.eq(now),
        );
        Both(diesel::insert_into(t::table).values(row).on_conflict_do_nothing()).execute(conn)?;
        Ok(())
    }

    /// The documents of an agreement by their SHA-256: all of them for the office, their own for anyone else.
    pub fn seen_by(
        conn: &mut DbConn,
        whole: &Whole,
        actor: &Actor,
    ) -> Result<Vec<(String, Vec<u8>)>, AppError> {
        use agreement_strokes as t;
        let mut query = t::table
            .filter(t::agreement_id.eq(&whole.agreement.id))
            .select((t::sha256, t::document))
            .into_boxed();
        if !whole.is_of_office(actor) {
            query = query.filter(t::account_id.eq(&actor.id));
        }
        let rows: Vec<(String, String)> = query.order(t::sha256.asc()).load(conn)?;
        Ok(rows.into_iter().map(|(sha256, document)| (sha256, document.into_bytes())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_POINTS, MOST_STROKES, Point, Strokes};

    #[test]
    fn what_a_hand_writes_is_counted_and_hashed() {
        let strokes = Strokes::parse(&[vec![[10, 20, 0], [60, 25, 40]], vec![[30, 5, 300], [31, 90, 420]]]);
        let strokes = strokes.unwrap();
        assert_eq!((strokes.strokes, strokes.points, strokes.duration_ms), (2, 4, 420));
        assert_eq!(
            strokes.document,
            "{\"format\":\"palm-strokes-1\",\"strokes\":[[[10,20,0],[60,25,40]],[[30,5,300],[31,90,420]]]}"
        );
        assert_eq!(strokes.sha256, crate::platform::hash_chain::sha256_hex(&strokes.document));
    }

    #[test]
    fn what_no_hand_writes_is_refused() {
        let line = |n: i32| (0..n).map(|at| [at % 100, 5, at]).collect::<Vec<Point>>();
        let most = i32::try_from(MOST_POINTS).unwrap();
        assert!(Strokes::parse(&[line(most)]).is_ok());
        let hostile: [Vec<Vec<Point>>; 11] = [
            vec![],
            vec![vec![]],
            vec![line(20), vec![]],
            vec![vec![[5, 5, 0]]],
            vec![vec![[5, 5, 0], [8, 9, 30]]],
            vec![vec![[5, 5, 40], [80, 9, 30]]],
            vec![vec![[5, 5, 0], [80, 9, 30]], vec![[5, 5, 20], [80, 9, 60]]],
            vec![vec![[-1, 5, 0], [80, 9, 30]]],
            vec![vec![[i32::MIN, 0, 0], [i32::MAX, 0, i32::MAX]]],
            vec![line(most + 1)],
            vec![vec![[0, 0, 0], [50, 50, 0]]; MOST_STROKES + 1],
        ];
        for strokes in hostile {
            assert!(Strokes::parse(&strokes).is_err(), "{:?}", strokes.first());
        }
    }
}
