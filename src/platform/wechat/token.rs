//! The access token: fetched by one caller for all, kept a little shorter than WeChat keeps it.

use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::error::WechatError;

/// WeChat's answer of `stable_token` ("getStableAccessToken"); `expires_in` is what remains, in seconds.
#[derive(Deserialize)]
pub(super) struct Fetched {
    #[serde(default, deserialize_with = "super::secret_text")]
    access_token: SecretString,
    #[serde(default)]
    expires_in: u64,
}

#[derive(Clone)]
struct Held {
    token: SecretString,
    good_until: Instant,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// Told to all who were waiting while it happened, so that they do not each ask again.
    failed: Option<(Instant, WechatError)>,
}

/// The token in this process; `stable_token` lets other processes have the same one.
#[derive(Default)]
pub(super) struct TokenCache {
    state: Mutex<State>,
}

impl TokenCache {
    /// The held token, or a fetched one; however many ask at once, one fetches.
    pub(super) async fn get<F>(&self, fetch: F) -> Result<SecretString, WechatError>
    where
        F: AsyncFnOnce() -> Result<Fetched, WechatError>,
    {
        let asked_at = Instant::now();
        let mut state = self.state.lock().await;
        if let Some(held) = state.held.as_ref().filter(|held| Instant::now() < held.good_until) {
            return Ok(held.token.clone());
        }
        if let Some((_, error)) = state.failed.as_ref().filter(|(failed_at, _)| *failed_at >= asked_at) {
            return Err(error.clone());
        }
        let fetched = fetch().await.and_then(|fetched| fetched.held_from(Instant::now()));
        match fetched {
            Ok(held) => {
                let token = held.token.clone();
                *state = State { held: Some(held), failed: None };
                Ok(token)
            }
            Err(error) => {
                state.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Forgets the token that WeChat refused, unless another caller has replaced it already.
    pub(super) async fn forget(&self, refused: &SecretString) {
        let mut state = self.state.lock().await;
        let same = |held: &Held| held.token.expose_secret() == refused.expose_secret();
        if state.held.as_ref().is_some_and(same) {
            state.held = None;
        }
    }
}

impl Fetched {
    fn held_from(self, now: Instant) -> Result<Held, WechatError> {
        if self.access_token.expose_secret().is_empty() {
            return Err(WechatError::Incomplete("access_token"));
        }
        Ok(Held { token: self.access_token, good_until: now + lifetime(self.expires_in) })
    }
}

/// `max(expires_in - 120, 30)` seconds: `expires_in` of a stable token may be small, and 0 must not mean
/// "for ever"; more than a day is not believed.
fn lifetime(expires_in: u64) -> Duration {
    Duration::from_secs(expires_in.saturating_sub(120).clamp(30, 86_400))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    fn fetched(token: &str, expires_in: u64) -> Fetched {
        Fetched { access_token: token.into(), expires_in }
    }

    #[test]
    fn a_token_is_kept_a_little_shorter_than_it_lives() {
        for (expires_in, kept) in [(7200, 7080), (345, 225), (150, 30), (60, 30), (0, 30), (u64::MAX, 86_400)]
        {
            assert_eq!(lifetime(expires_in), Duration::from_secs(kept), "{expires_in}");
        }
    }

    #[tokio::test]
    async fn those_who_wait_share_one_failure() {
        let (cache, calls) = (TokenCache::default(), AtomicUsize::new(0));
        let one = async || {
            cache
                .get(async || {
                    calls.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Err(WechatError::Incomplete("anything"))
                })
                .await
        };
        let answers = join_all((0..20).map(|_| one())).await;
        assert!(answers.iter().all(Result::is_err));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        assert!(one().await.is_err());
        assert_eq!(calls.load(Ordering::SeqCst), 2, "who comes later asks again");
    }

    #[tokio::test]
    async fn only_the_refused_token_is_forgotten() {
        let cache = TokenCache::default();
        cache.get(async || Ok(fetched("first", 7200))).await.unwrap();
        cache.forget(&"older".into()).await;
        let kept = cache.get(async || Ok(fetched("second", 7200))).await.unwrap();
        assert_eq!(kept.expose_secret(), "first");
        cache.forget(&"first".into()).await;
        let renewed = cache.get(async || Ok(fetched("second", 7200))).await.unwrap();
        assert_eq!(renewed.expose_secret(), "second");
    }

    #[tokio::test]
    async fn an_answer_without_a_token_is_no_token() {
        let cache = TokenCache::default();
        assert!(cache.get(async || Ok(fetched("", 7200))).await.is_err());
    }
}
