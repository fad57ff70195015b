//! The one door for randomness.

/// `N` bytes from the operating system's generator.
///
/// # Panics
/// When the operating system gives no randomness: nothing that is secret could be made then.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0_u8; N];
    assert!(aws_lc_rs::rand::fill(&mut out).is_ok(), "the operating system gives no randomness");
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_draws_differ() {
        assert_ne!(super::bytes::<16>(), super::bytes::<16>());
    }
}
