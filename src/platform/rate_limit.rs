//! How often one person or address may ask; counted in this process, so a limit never depends on a cache.
use std::num::NonZeroU32;

use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

pub struct Limiter {
    per_key: Option<DefaultKeyedRateLimiter<String>>,
}

impl Limiter {
    /// `per_minute` requests a key, all of which may come at once; 0 sets no limit.
    pub fn per_minute(per_minute: u32) -> Self {
        Self { per_key: NonZeroU32::new(per_minute).map(|n| RateLimiter::keyed(Quota::per_minute(n))) }
    }
    /// `Err` gives the seconds to wait.
    pub fn check(&self, key: &str) -> Result<(), u64> {
        let Some(limiter) = &self.per_key else { return Ok(()) };
        limiter.check_key(&key.to_owned()).map_err(|not_until| {
            not_until.wait_time_from(governor::clock::DefaultClock::default().now()).as_secs() + 1
        })
    }
    /// Forgets keys that have been quiet.
    pub fn tidy(&self) {
        if let Some(limiter) = &self.per_key {
            limiter.retain_recent();
        }
    }
}
