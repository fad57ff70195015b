//! The one door to randomness.
use rand::TryRng;
use rand::rngs::SysRng;

/// `N` bytes from the operating system's generator.
///
/// # Panics
/// When the system has no randomness to give: nothing safe can be done then.
#[allow(clippy::panic, reason = "a secret that is not random must never be used")]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    if SysRng.try_fill_bytes(&mut out).is_err() {
        panic!("the system gives no randomness");
    }
    out
}

/// A bearer secret of 256 bits, URL-safe.
pub fn token() -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// `digits` decimal digits, each value equally likely to within 2^-40.
pub fn digits(digits: u32) -> String {
    let n = u64::from_le_bytes(bytes::<8>()) % 10u64.pow(digits);
    format!("{n:0width$}", width = digits as usize)
}
