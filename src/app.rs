//! What every room is given: the platform's things, none of the trade's.
use std::sync::Arc;

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};

use crate::config::Config;
use crate::error::AppError;
use crate::platform::cache::Cache;
use crate::platform::clock::{Clock, Time};
use crate::platform::db::{Database, DbConn};
use crate::platform::fan_out::FanOut;
use crate::platform::files::Folder;
use crate::platform::http::Outgoing;
use crate::platform::keys::Keys;
use crate::platform::rate_limit::Limiter;
use crate::platform::sms::SmsRoad;
use crate::platform::wechat::Wechat;

/// Cheap to clone; one for the process.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    pub config: Config,
    pub db: Database,
    pub clock: Clock,
    pub cache: Cache,
    pub fan_out: FanOut,
    pub files: Folder,
    pub keys: Keys,
    pub limiter: Limiter,
    pub wechat: Option<Wechat>,
    pub sms: Option<SmsRoad>,
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Config(#[from] crate::config::ConfigError),
    #[error("{0}")]
    Database(#[from] crate::platform::db::DatabaseError),
    #[error("PALM_FILES_DIR or PALM_KEYS_DIR: {0}")]
    Folder(#[from] std::io::Error),
    #[error("PALM_REDIS_URL: {0}")]
    Redis(#[from] redis::RedisError),
    #[error("outgoing connections: {0}")]
    Outgoing(#[from] crate::platform::http::OutgoingError),
}

impl App {
    /// Opens everything; what Redis holds may vanish, so that only its address must be right.
    pub async fn open(config: Config) -> Result<Self, StartError> {
        config.check()?;
        let db = Database::open(&config.database())?;
        let (fan_out, far) = match &config.redis_url {
            None => (FanOut::local(), None),
            Some(url) => join_redis(url).await?,
        };
        let outgoing = Outgoing::new()?;
        Ok(Self(Arc::new(Inner {
            cache: Cache::new(far, fan_out.clone()),
            fan_out,
            files: Folder::open(config.files_dir.clone())?,
            keys: Keys::open(&config.keys_dir)?,
            limiter: Limiter::per_minute(config.requests_per_minute),
            wechat: Wechat::from_config(&config, &outgoing),
            sms: SmsRoad::from_config(&config, &outgoing),
            clock: Clock::default(),
            db,
            config,
        })))
    }
    pub fn now(&self) -> Time {
        self.clock.now()
    }
    pub async fn read<T, F>(&self, query: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConn) -> Result<T, AppError> + Send + 'static,
    {
        self.db.read(query).await
    }
}

async fn join_redis(url: &str) -> Result<(FanOut, Option<redis::aio::ConnectionManager>), redis::RedisError> {
    let client = redis::Client::open(url)?;
    let settings = redis::aio::ConnectionManagerConfig::new()
        .set_response_timeout(Some(std::time::Duration::from_millis(500)))
        .set_connection_timeout(Some(std::time::Duration::from_secs(1)));
    // Lazy: a Redis that is away at the start is joined when it comes.
    let far = client.get_connection_manager_lazy(settings)?;
    Ok((FanOut::shared(client, far.clone()), Some(far)))
}

impl FromRequest for App {
    type Error = AppError;
    type Future = std::future::Ready<Result<Self, AppError>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = request.app_data::<web::Data<App>>().map(|app| app.get_ref().clone());
        std::future::ready(app.ok_or_else(|| AppError::internal("no app in the request")))
    }
}
