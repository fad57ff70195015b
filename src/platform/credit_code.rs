//! The unified social credit code (统一社会信用代码), GB 32100-2015.
use serde::{Deserialize, Deserializer, Serialize};

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// 18 characters, the last a check character modulo 31 (GB 32100-2015, 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CreditCode(String);

impl CreditCode {
    /// Upper-cases and checks; `None` when length, alphabet or check character is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let code = text.trim().to_ascii_uppercase();
        let values: Option<Vec<usize>> =
            code.bytes().map(|b| ALPHABET.iter().position(|a| *a == b)).collect();
        let values = values.filter(|v| v.len() == 18)?;
        let sum: usize = values.iter().zip(WEIGHTS).map(|(v, w)| v * w).sum();
        (values.last() == Some(&((31 - sum % 31) % 31))).then_some(Self(code))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Completes 17 characters with their check character; for tests and demo data.
    pub fn complete(first_17: &str) -> Option<Self> {
        ALPHABET.iter().find_map(|c| Self::parse(&format!("{first_17}{}", *c as char)))
    }
}

impl<'de> Deserialize<'de> for CreditCode {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("input.credit_code: the check character does not fit"))
    }
}

impl utoipa::PartialSchema for CreditCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(18))
            .max_length(Some(18))
            .pattern(Some("^[0-9A-HJ-NPQRTUWXY]{18}$"))
            .description(Some("统一社会信用代码, GB 32100, with its check character"))
            .into()
    }
}
impl utoipa::ToSchema for CreditCode {}

#[cfg(test)]
mod tests {
    use super::CreditCode;

    #[test]
    fn a_published_code_passes_and_a_changed_one_does_not() {
        assert!(CreditCode::parse("91350100M000100Y43").is_some());
        assert!(CreditCode::parse("91350100m000100y43").is_some());
        assert!(CreditCode::parse("91350100M000100Y44").is_none());
        assert!(CreditCode::parse("91350100M000100Y4").is_none());
        assert!(CreditCode::parse("91350100I000100Y43").is_none());
    }
}
