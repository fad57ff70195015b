//! Time-based one-time passwords, RFC 6238: six digits, 30 seconds, HMAC-SHA-1, one step of drift either way.
use hmac::{Hmac, KeyInit, Mac};

use crate::platform::clock::Time;

const STEP: i64 = 30;

/// The step whose code this is, when it is the one of now or its neighbours.
pub fn step_of(secret_base32: &str, code: &str, now: Time) -> Option<i64> {
    let secret = decode(secret_base32)?;
    let current = now.unix() / STEP;
    (current - 1..=current + 1).find(|step| code_at(&secret, *step).as_deref() == Some(code))
}

/// The code of now; for tests and the demo's printed sign-ins.
pub fn code_now(secret_base32: &str, now: Time) -> Option<String> {
    code_at(&decode(secret_base32)?, now.unix() / STEP)
}

/// RFC 4226, 5.3: dynamic truncation.
fn code_at(secret: &[u8], step: i64) -> Option<String> {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(secret).ok()?;
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash.last()? & 0x0f);
    let four: [u8; 4] = hash.get(offset..offset + 4)?.try_into().ok()?;
    Some(format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000))
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn decode(base32: &str) -> Option<Vec<u8>> {
    let (mut bits, mut held, mut out) = (0u32, 0u32, Vec::new());
    for c in base32.bytes().filter(|c| *c != b'=' && *c != b' ') {
        let value = ALPHABET.iter().position(|a| *a == c.to_ascii_uppercase())?;
        held = held << 5 | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(out)
}

/// A fresh secret of 160 bits in base 32.
pub fn fresh_secret() -> String {
    let bytes = crate::platform::random::bytes::<32>();
    bytes.iter().filter_map(|b| ALPHABET.get(usize::from(b & 31))).map(|c| char::from(*c)).collect()
}

/// The address that authenticator programs read from a QR code.
pub fn address(secret: &str, login: &str) -> String {
    format!("otpauth://totp/Palm:{login}?secret={secret}&issuer=Palm")
}

#[cfg(test)]
mod tests {
    use super::{code_at, decode};

    #[test]
    fn the_vectors_of_rfc_6238_hold() {
        // Appendix B, SHA-1, the last six of its eight digits.
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000i64, "353130")] {
            assert_eq!(code_at(b"12345678901234567890", seconds / 30).unwrap(), code);
        }
        assert_eq!(decode("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap(), b"12345678901234567890");
    }
}
