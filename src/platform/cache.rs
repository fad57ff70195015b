//! One cache with two faces: in this process, or in this process before Redis. It holds only what may vanish.
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use redis::AsyncCommands;
use tokio::time::timeout;

use crate::platform::fan_out::FanOut;

const CAPACITY: u64 = 64 << 20;
const NEAR: Duration = Duration::from_secs(5);
const FAR_SECONDS: u64 = 60;
const LASTING_CAPACITY: u64 = 16 << 20;
const LASTING: Duration = Duration::from_hours(24);
const LASTING_FAR_SECONDS: u64 = 7 * 24 * 60 * 60;
/// Longer than any healthy answer of Redis; after it the database is asked.
const PATIENCE: Duration = Duration::from_millis(250);
const FORGET: &str = "cache:forget";

type Near = moka::future::Cache<String, Bytes>;

fn near(capacity: u64, life: Duration) -> Near {
    moka::future::Cache::builder()
        .max_capacity(capacity)
        .weigher(|k: &String, v: &Bytes| u32::try_from(k.len() + v.len()).unwrap_or(u32::MAX))
        .time_to_live(life)
        .build()
}

#[derive(Clone)]
pub struct Cache {
    near: Near,
    lasting: Near,
    far: Option<redis::aio::ConnectionManager>,
    /// What the keys in Redis begin with
    prefix: Arc<str>,
    fan_out: FanOut,
}

impl Cache {
    /// In this process alone.
    pub fn local(fan_out: FanOut) -> Self {
        Self::new(None, fan_out, "")
    }

    /// Before the Redis of this installation.
    pub fn shared(far: redis::aio::ConnectionManager, fan_out: FanOut, installation: &str) -> Self {
        Self::new(Some(far), fan_out, installation)
    }

    fn new(far: Option<redis::aio::ConnectionManager>, fan_out: FanOut, installation: &str) -> Self {
        let prefix = format!("palm:{installation}:kept:").into();
        let (near, lasting) = (near(CAPACITY, NEAR), near(LASTING_CAPACITY, LASTING));
        let cache = Self { near, lasting, far, prefix, fan_out };
        cache.clone().follow();
        cache
    }

    /// The bytes under `key`, filled once per process however many ask at once.
    pub async fn get<E, F>(&self, key: &str, fill: F) -> Result<Bytes, Arc<E>>
    where
        E: Send + Sync + 'static,
        F: Future<Output = Result<Bytes, E>>,
    {
        self.through(&self.near, FAR_SECONDS, key, fill).await
    }

    /// As [`Self::get`], for what never changes under its key: kept for a day here, for a week in Redis.
    pub async fn lasting<E, F>(&self, key: &str, fill: F) -> Result<Bytes, Arc<E>>
    where
        E: Send + Sync + 'static,
        F: Future<Output = Result<Bytes, E>>,
    {
        self.through(&self.lasting, LASTING_FAR_SECONDS, key, fill).await
    }

    async fn through<E, F>(&self, near: &Near, far_seconds: u64, key: &str, fill: F) -> Result<Bytes, Arc<E>>
    where
        E: Send + Sync + 'static,
        F: Future<Output = Result<Bytes, E>>,
    {
        let there = format!("{}{key}", self.prefix);
        near.try_get_with_by_ref(key, async {
            // Trouble with Redis is a miss, never an error.
            if let Some(mut far) = self.far.clone()
                && let Ok(Ok(Some(found))) = timeout(PATIENCE, far.get::<_, Option<Vec<u8>>>(&there)).await
            {
                return Ok(Bytes::from(found));
            }
            let filled = fill.await?;
            if let Some(mut far) = self.far.clone() {
                let bytes = filled.clone();
                tokio::spawn(async move {
                    let _: redis::RedisResult<()> = far.set_ex(there, &bytes[..], far_seconds).await;
                });
            }
            Ok(filled)
        })
        .await
    }

    /// As [`Self::get`], in this process alone: for what is asked for in so many ways that Redis would hold little else.
    pub async fn near<E, F>(&self, key: &str, fill: F) -> Result<Bytes, Arc<E>>
    where
        E: Send + Sync + 'static,
        F: Future<Output = Result<Bytes, E>>,
    {
        self.near.try_get_with_by_ref(key, fill).await
    }

    /// Forgets `key` here, in Redis and on the other instances.
    pub async fn forget(&self, key: &str) {
        self.near.invalidate(key).await;
        if let Some(mut far) = self.far.clone() {
            let _: redis::RedisResult<()> = far.del(format!("{}{key}", self.prefix)).await;
        }
        self.fan_out.publish(FORGET, key).await;
    }

    fn follow(self) {
        let mut heard = self.fan_out.subscribe(FORGET);
        tokio::spawn(async move {
            use tokio::sync::broadcast::error::RecvError;
            loop {
                match heard.recv().await {
                    Ok(key) => self.near.invalidate(key.as_ref()).await,
                    Err(RecvError::Lagged(_)) => self.near.invalidate_all(),
                    Err(RecvError::Closed) => return,
                }
            }
        });
    }
}
