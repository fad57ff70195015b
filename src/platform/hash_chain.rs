//! Append-only chains of SHA-256: each entry holds the hash of the one before.
use sha2::{Digest, Sha256};

/// What stands before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Lower-case hex SHA-256.
pub fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(bytes.as_ref()))
}

/// RFC 8785 (JCS) for objects whose keys are ASCII and whose numbers are integers: keys sorted, no blanks.
pub fn canonical(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by(|a, b| a.0.cmp(b.0));
            let members: Vec<String> = keys
                .iter()
                .map(|(k, v)| format!("{}:{}", Value::String((*k).clone()), canonical(v)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        scalar => scalar.to_string(),
    }
}

/// What is hashed of one entry: the canonical JSON of
/// `{"at":…,"facts_sha256":…,"previous_hash":…,"sequence":…}`.
pub fn entry_text(sequence: i64, at: &str, facts_sha256: &str, previous_hash: &str) -> String {
    canonical(&serde_json::json!({
        "at": at, "facts_sha256": facts_sha256, "previous_hash": previous_hash, "sequence": sequence,
    }))
}

/// The hash of one entry: SHA-256 over its [`entry_text`].
pub fn entry_hash(sequence: i64, at: &str, facts_sha256: &str, previous_hash: &str) -> String {
    sha256_hex(entry_text(sequence, at, facts_sha256, previous_hash))
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value = serde_json::json!({"b": [{"z": 1, "a": "引\n"}], "a": null});
        assert_eq!(super::canonical(&value), "{\"a\":null,\"b\":[{\"a\":\"引\\n\",\"z\":1}]}");
    }
}
