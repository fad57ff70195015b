//! Text from outside, parsed into types: length, no control characters, NFC, no hidden direction marks.
use serde::{Deserialize, Deserializer, Serialize};
use unicode_normalization::UnicodeNormalization;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::{PartialSchema, ToSchema};

/// One line of 1 to `MAX` characters, trimmed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Line<const MAX: usize>(String);

/// Paragraphs of 1 to `MAX` characters; line feeds allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Prose<const MAX: usize>(String);

/// A mainland mobile number: 11 digits; `+86`, blanks and hyphens are taken off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Phone(String);

fn clean(text: &str, max: usize, lines: bool) -> Result<String, &'static str> {
    // Longer than any honest value: refuse before normalising.
    if text.len() > max * 16 + 64 {
        return Err("input.too_long: longer than allowed");
    }
    let text: String = text.nfc().collect::<String>().replace("\r\n", "\n");
    let text = text.trim();
    if text.is_empty() {
        return Err("input.empty: must not be empty");
    }
    if text.chars().count() > max {
        return Err("input.too_long: longer than allowed");
    }
    if text.chars().any(|c| is_forbidden(c) && !(lines && (c == '\n' || c == '\t'))) {
        return Err("input.forbidden_character: holds a control or hidden character");
    }
    Ok(text.to_owned())
}

/// Control characters, direction overrides, zero-width marks, the byte order mark and non-characters.
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

macro_rules! text_input {
    ($name:ident, $lines:literal) => {
        impl<const MAX: usize> $name<MAX> {
            pub fn parse(text: &str) -> Result<Self, &'static str> {
                clean(text, MAX, $lines).map(Self)
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
            pub fn into_string(self) -> String {
                self.0
            }
        }
        impl<'de, const MAX: usize> Deserialize<'de> for $name<MAX> {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
            }
        }
        impl<const MAX: usize> PartialSchema for $name<MAX> {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                // At least one visible character: what is left after trimming must not be empty.
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .min_length(Some(1))
                    .max_length(Some(MAX))
                    .into()
            }
        }
        impl<const MAX: usize> ToSchema for $name<MAX> {
            fn name() -> std::borrow::Cow<'static, str> {
                format!("{}{MAX}", stringify!($name)).into()
            }
        }
    };
}
text_input!(Line, false);
text_input!(Prose, true);

impl Phone {
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let digits = digits.strip_prefix("+86").unwrap_or(&digits);
        if digits.len() == 11 && digits.starts_with('1') && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(digits.to_owned()))
        } else {
            Err("input.phone: must be a mainland mobile number of 11 digits")
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl<'de> Deserialize<'de> for Phone {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        if text.len() > 32 {
            return Err(serde::de::Error::custom("input.too_long: longer than allowed"));
        }
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
impl PartialSchema for Phone {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(11))
            .max_length(Some(11))
            .pattern(Some("^1[0-9]{10}$"))
            .into()
    }
}
impl ToSchema for Phone {}

#[cfg(test)]
mod tests {
    use super::{Line, Phone, Prose};

    #[test]
    fn hidden_and_control_characters_are_refused() {
        for bad in ["", "   ", "a\u{0}b", "a\u{202e}b", "a\u{200b}b", "a\nb", "\u{feff}a b"] {
            assert!(Line::<20>::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Prose::<20>::parse(" 一\r\n二 ").unwrap().as_str(), "一\n二");
    }
    #[test]
    fn length_counts_characters() {
        assert!(Line::<3>::parse("喆堃犇").is_ok());
        assert!(Line::<3>::parse("喆堃犇玥").is_err());
    }
    #[test]
    fn a_phone_is_normalised() {
        assert_eq!(Phone::parse("+86 138-1234-5678").unwrap().as_str(), "13812345678");
        assert!(Phone::parse("１３８１２３４５６７８").is_err());
    }
}

/// Refuses a filter of more than `most` characters, as the document says, besides what [`no_nul`] refuses.
pub fn within(field: &str, text: Option<&str>, most: usize) -> Result<(), crate::error::AppError> {
    no_nul(field, text)?;
    match text {
        Some(text) if text.chars().count() > most => {
            Err(crate::error::AppError::field(field, "input.too_long"))
        }
        _ => Ok(()),
    }
}

/// Refuses text that the tables cannot hold or that no honest filter has.
pub fn no_nul(field: &str, text: Option<&str>) -> Result<(), crate::error::AppError> {
    match text {
        Some(text) if text.len() > 400 || text.chars().any(is_forbidden) => {
            Err(crate::error::AppError::field(field, "input.forbidden_character"))
        }
        _ => Ok(()),
    }
}
