//! WeChat's real-person check (微信人脸核身 2.0): checks begin, a test says how they end, and the result is told to who
//! names the same person.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::wechat::{Refused, refuse};

const LIFE: TimeDelta = TimeDelta::hours(1);
const NOT_FINISHED: i64 = 10_300;

struct Check {
    sequence: String,
    open_id: String,
    hash: String,
    begun_at: DateTime<Utc>,
    result: i64,
}

/// Every check, by its `verify_id`.
#[derive(Default)]
pub struct FaceChecks(HashMap<String, Check>);

/// How the person's check in WeChat ends.
#[derive(Deserialize)]
pub struct Outcome {
    verify_id: String,
    verify_ret: i64,
}

impl FaceChecks {
    pub fn begin(&mut self, body: &Value, is_openid: bool, now: DateTime<Utc>) -> Result<Value, Refused> {
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let (sequence, open_id) = (text(body, "out_seq_no"), text(body, "openid"));
        if sequence.is_empty() {
            return Err(refuse(84_010, "out_seq_no missing"));
        }
        let plain = sequence.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if !plain || !(5..=32).contains(&sequence.len()) {
            return Err(refuse(84_011, "invalid out_seq_no"));
        }
        if !body["cert_info"].is_object() {
            return Err(refuse(84_012, "cert_info missing"));
        }
        let [kind, name, number] =
            ["cert_type", "cert_name", "cert_no"].map(|part| text(&body["cert_info"], part));
        if kind != "IDENTITY_CARD" {
            return Err(refuse(84_013, "invalid cert_type"));
        }
        if name.trim().is_empty() {
            return Err(refuse(84_014, "invalid cert_name"));
        }
        if number.len() != 18 || !number.bytes().take(17).all(|b| b.is_ascii_digit()) {
            return Err(refuse(84_015, "invalid cert_no"));
        }
        if open_id.is_empty() {
            return Err(refuse(84_016, "openid missing"));
        }
        if !is_openid {
            return Err(refuse(40_003, "invalid openid"));
        }
        if self.0.values().any(|check| check.sequence == sequence) {
            return Err(refuse(84_019, "out_seq_no already exists"));
        }
        let verify_id = format!("standin-{}", hex::encode(rand::random::<[u8; 16]>()));
        let check = Check {
            sequence,
            open_id,
            hash: hash(&kind, &name, &number),
            begun_at: now,
            result: NOT_FINISHED,
        };
        self.0.insert(verify_id.clone(), check);
        Ok(json!({"errcode": 0, "errmsg": "ok", "verify_id": verify_id, "expires_in": LIFE.num_seconds()}))
    }

    pub fn query(&self, body: &Value, now: DateTime<Utc>) -> Result<Value, Refused> {
        let said = |name: &str| body[name].as_str().unwrap_or_default();
        let check = self.0.get(said("verify_id")).ok_or_else(|| refuse(84_021, "verify_id missing"))?;
        if now - check.begun_at > LIFE {
            return Err(refuse(84_022, "verify_id expired"));
        }
        for (given, due, code) in [
            (said("openid"), &check.open_id, 84_017),
            (said("out_seq_no"), &check.sequence, 84_020),
            (said("cert_hash"), &check.hash, 84_018),
        ] {
            if given != due {
                return Err(refuse(code, "it is not the one that the check began with"));
            }
        }
        Ok(json!({"errcode": 0, "errmsg": "ok", "verify_ret": check.result}))
    }

    pub fn end(&mut self, outcome: &Outcome) -> bool {
        let check = self.0.get_mut(&outcome.verify_id);
        check.map(|check| check.result = outcome.verify_ret).is_some()
    }
}

fn hash(kind: &str, name: &str, number: &str) -> String {
    let mut text = String::new();
    for (key, value) in [("cert_type=", kind), ("&cert_name=", name), ("&cert_no=", number)] {
        text += key;
        text += &STANDARD.encode(value);
    }
    hex::encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_given_card_has_the_given_hash() {
        let file: Value = serde_json::from_str(include_str!("../tests/vectors/wechat.json")).unwrap();
        let all = file["vectors"].as_array().unwrap();
        let one = all.iter().find(|vector| vector["id"] == "wx-face-cert-hash").unwrap();
        let text = |name: &str| one["input"][name].as_str().unwrap();
        assert_eq!(hash(text("cert_type"), text("cert_name"), text("cert_no")), one["expected"]["cert_hash"]);
    }

    #[test]
    fn a_result_is_told_within_an_hour_to_who_names_the_same_person() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let mut checks = FaceChecks::default();
        let card =
            json!({"cert_type": "IDENTITY_CARD", "cert_name": "张三", "cert_no": "310101199801011234"});
        let body = json!({"out_seq_no": "check-1", "cert_info": card, "openid": "o1"});
        let bad = |field: &str, value: Value| {
            let mut body = body.clone();
            body[field] = value;
            FaceChecks::default().begin(&body, true, now).unwrap_err().0
        };
        assert_eq!((bad("out_seq_no", json!("")), bad("out_seq_no", json!("a b c d e"))), (84_010, 84_011));
        assert_eq!((bad("out_seq_no", json!("abcd")), bad("cert_info", json!(1))), (84_011, 84_012));
        assert_eq!(bad("cert_info", json!({"cert_type": "PASSPORT"})), 84_013);
        assert_eq!(bad("openid", json!("")), 84_016);
        assert_eq!(FaceChecks::default().begin(&body, false, now).unwrap_err().0, 40_003);

        let begun = checks.begin(&body, true, now).unwrap();
        let verify_id = begun["verify_id"].as_str().unwrap().to_owned();
        assert_eq!(checks.begin(&body, true, now).unwrap_err().0, 84_019);
        let cert_hash = hash("IDENTITY_CARD", "张三", "310101199801011234");
        let query =
            json!({"verify_id": verify_id, "out_seq_no": "check-1", "cert_hash": cert_hash, "openid": "o1"});
        let told = |checks: &FaceChecks, field: &str, value: &str, now| {
            let mut query = query.clone();
            query[field] = json!(value);
            checks.query(&query, now)
        };
        assert_eq!(told(&checks, "openid", "o1", now).unwrap()["verify_ret"], NOT_FINISHED);
        assert!(checks.end(&Outcome { verify_id: verify_id.clone(), verify_ret: 10_000 }));
        assert!(!checks.end(&Outcome { verify_id: "other".to_owned(), verify_ret: 10_000 }));
        assert_eq!(told(&checks, "openid", "o1", now + LIFE).unwrap()["verify_ret"], 10_000);
        for (field, value, code) in [
            ("openid", "o2", 84_017),
            ("cert_hash", "00", 84_018),
            ("out_seq_no", "check-2", 84_020),
            ("verify_id", "", 84_021),
        ] {
            assert_eq!(told(&checks, field, value, now).unwrap_err().0, code, "{field}");
        }
        let late = told(&checks, "openid", "o1", now + LIFE + TimeDelta::seconds(1));
        assert_eq!(late.unwrap_err().0, 84_022);
    }
}
