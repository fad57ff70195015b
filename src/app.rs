//! What every room is given: the platform's things, none of the trade's.
use std::sync::Arc;

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};

use crate::config::Config;
use crate::error::AppError;
use crate::platform::cache::Cache;
use crate::platform::clock::{Clock, Time};
use crate::platform::db::{Database, DbConn};
use crate::platform::ess::{Ess, EssAccount, EssError};
use crate::platform::fan_out::FanOut;
use crate::platform::files::Folder;
use crate::platform::http::{Limits, Outgoing};
use crate::platform::keys::Keys;
use crate::platform::livekit::{LiveKit, LiveKitError};
use crate::platform::mail::{MailAddress, Mailer, Relay};
use crate::platform::note::Signer;
use crate::platform::pdf::{Bounds, Examiner, PaperShop};
use crate::platform::pki::time_source::{TimeSource, TimeSourceError};
use crate::platform::pki::{Authority, IdentityError, Trust};
use crate::platform::rate_limit::Limiter;
use crate::platform::shelf::Shelf;
use crate::platform::sms::{Sms, SmsAccount, SmsError};
use crate::platform::tc3::Credentials;
use crate::platform::tencent_meeting::{MeetingAccount, MeetingError, TencentMeeting, WebhookKeys};
use crate::platform::trtc::Trtc;
use crate::platform::wechat::{CallKeyError, CallKeys, CallSeal, CallSuite, PushKeys, Wechat, WechatError};

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
    pub outgoing: Outgoing,
    pub ledger_signer: Signer,
    pub limiter: Limiter,
    pub wechat: Option<Wechat>,
    /// By what a push of WeChat's is believed
    pub push_keys: Option<PushKeys>,
    pub sms: Option<Sms>,
    pub mailer: Option<Mailer>,
    pub ess: Option<Ess>,
    pub meetings: Option<TencentMeeting>,
    /// By what a webhook of Tencent Meeting's is believed
    pub meeting_keys: Option<WebhookKeys>,
    pub livekit: Option<LiveKit>,
    pub trtc: Option<Trtc>,
    pub authority: Authority,
    pub time: TimeSource,
    pub paper: PaperShop,
    pub examiner: Examiner,
    pub shelf: Shelf,
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
    #[error("PALM_KEYS_DIR: {0}")]
    Authority(#[from] IdentityError),
    #[error("PALM_TSA_URL or PALM_TSA_ROOTS: {0}")]
    Time(#[from] TimeSourceError),
    #[error("PALM_WECHAT_URL: {0}")]
    Wechat(#[from] WechatError),
    #[error("PALM_WECHAT_CALL_PRIVATE_KEY or PALM_WECHAT_CALL_CERTIFICATE: {0}")]
    CallFile(std::io::Error),
    #[error("PALM_WECHAT_CALL_…: {0}")]
    CallKeys(#[from] CallKeyError),
    #[error("PALM_SMS_URL: {0}")]
    Sms(#[from] SmsError),
    #[error("PALM_ESS_URL or PALM_ESS_FILES_URL: {0}")]
    Ess(#[from] EssError),
    #[error("PALM_MEETING_URL: {0}")]
    Meetings(#[from] MeetingError),
    #[error("PALM_LIVEKIT_URL or PALM_LIVEKIT_PAGE_URL: {0}")]
    LiveKit(#[from] LiveKitError),
}

impl App {
    /// Opens everything; what Redis holds may vanish, so that only its address must be right.
    pub async fn open(config: Config) -> Result<Self, StartError> {
        config.check()?;
        let db = Database::open(&config.database())?;
        let keys = Keys::open(&config.keys_dir)?;
        let (fan_out, cache) = match &config.redis_url {
            None => {
                let fan_out = FanOut::local();
                (fan_out.clone(), Cache::local(fan_out))
            }
            // Two installations may share a Redis: what one of them says is named after its keys.
            Some(url) => join_redis(url, &keys.hash(&["redis"])).await?,
        };
        let clock = Clock::default();
        let outgoing = Outgoing::new(&Limits::default())?;
        Ok(Self(Arc::new(Inner {
            cache,
            fan_out,
            files: Folder::open(config.files_dir.clone())?,
            keys,
            ledger_signer: Signer::open(&config.keys_dir, "ledger.secret", &ledger_name(&config))?,
            limiter: Limiter::per_minute(config.requests_per_minute),
            wechat: wechat(&config, &outgoing, &clock)?,
            // `check` has refused what does not fit.
            push_keys: config.push_keys().unwrap_or_default(),
            sms: sms(&config, &outgoing)?,
            mailer: mailer(&config),
            ess: ess(&config, &outgoing)?,
            meetings: meetings(&config, &outgoing)?,
            // `check` has refused what does not fit.
            meeting_keys: config.meeting_keys().unwrap_or_default(),
            livekit: livekit(&config, &outgoing)?,
            trtc: trtc(&config),
            authority: Authority::open(&config.keys_dir.join("authority"), clock.now().utc())?,
            time: TimeSource::open(config.tsa_url.as_deref(), config.tsa_roots.as_deref())?,
            paper: PaperShop::new(config.fonts_dir.clone()),
            outgoing,
            examiner: Examiner::new(program(&config)?, Bounds::default()),
            shelf: Shelf::default(),
            clock,
            db,
            config,
        })))
    }
    pub fn now(&self) -> Time {
        self.clock.now()
    }
    /// Whom a verification believes: our own root, and the time-stamp authority's.
    pub fn trust(&self) -> Trust {
        self.time.and(self.authority.trust())
    }
    pub async fn read<T, F>(&self, query: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConn) -> Result<T, AppError> + Send + 'static,
    {
        self.db.read(query).await
    }
}

/// The name under which checkpoints are signed: where the ledger is, without the scheme.
fn ledger_name(config: &Config) -> String {
    let place = config.public_url.trim_end_matches('/');
    format!("{}/leads", place.split_once("://").map_or(place, |(_, rest)| rest))
}

/// The program that judges strangers' files: this one, unless a test runs inside another.
fn program(config: &Config) -> std::io::Result<std::path::PathBuf> {
    config.program.clone().map_or_else(std::env::current_exe, Ok)
}

fn wechat(config: &Config, outgoing: &Outgoing, clock: &Clock) -> Result<Option<Wechat>, StartError> {
    let (Some(app_id), Some(secret)) = (&config.wechat_app_id, &config.wechat_app_secret) else {
        return Ok(None);
    };
    let wechat = Wechat::new(app_id, secret.clone(), &config.wechat_url, outgoing.clone())?;
    Ok(Some(match call_seal(config, app_id)? {
        Some(seal) => wechat.sealing(seal, clock.clone()),
        None => wechat,
    }))
}

/// `check` has refused a part of it alone.
fn call_seal(config: &Config, app_id: &str) -> Result<Option<CallSeal>, StartError> {
    let (Some(suite), Some(key), Some(private_key), Some(certificate)) = (
        &config.wechat_call_suite,
        &config.wechat_call_key,
        &config.wechat_call_private_key,
        &config.wechat_call_certificate,
    ) else {
        return Ok(None);
    };
    let read = |file| std::fs::read_to_string(file).map_err(StartError::CallFile);
    let keys = CallKeys {
        suite: if suite == "sm" { CallSuite::Sm } else { CallSuite::Aes },
        key,
        key_serial: config.wechat_call_key_serial.as_deref().unwrap_or_default(),
        private_key: &read(private_key)?.into(),
        private_key_serial: config.wechat_call_private_key_serial.as_deref().unwrap_or_default(),
        certificate: &read(certificate)?,
        certificate_serial: config.wechat_call_certificate_serial.as_deref().unwrap_or_default(),
    };
    Ok(Some(CallSeal::new(app_id, &keys)?))
}

fn sms(config: &Config, outgoing: &Outgoing) -> Result<Option<Sms>, SmsError> {
    match (&config.sms_secret_id, &config.sms_secret_key) {
        (Some(id), Some(key)) => {
            let account = SmsAccount {
                credentials: Credentials { secret_id: id.clone(), secret_key: key.clone() },
                sdk_app_id: config.sms_app_id.clone(),
                sign_name: config.sms_sign_name.clone(),
                region: "ap-guangzhou".to_owned(),
            };
            Sms::new(account, &config.sms_url, outgoing.clone()).map(Some)
        }
        _ => Ok(None),
    }
}

/// `check` has refused what does not fit.
fn mailer(config: &Config) -> Option<Mailer> {
    let relay = Relay::parse(config.smtp_url.as_deref()?).ok()?;
    let from = MailAddress::parse(config.smtp_from.as_deref()?).ok()?;
    let login = config.smtp_user.clone().zip(config.smtp_password.clone());
    Some(Mailer::new(relay, login, from, config.smtp_name.clone()))
}

fn ess(config: &Config, outgoing: &Outgoing) -> Result<Option<Ess>, EssError> {
    let (id, key) = (config.ess_secret_id.clone(), config.ess_secret_key.clone());
    let callbacks = config.ess_callback_token.clone().zip(config.ess_callback_key.clone());
    let Some(((secret_id, secret_key), (callback_token, callback_key))) = id.zip(key).zip(callbacks) else {
        return Ok(None);
    };
    let account = EssAccount {
        credentials: Credentials { secret_id, secret_key },
        operator_id: config.ess_operator_id.clone(),
        callback_token,
        callback_key,
    };
    Ess::new(account, &config.ess_url, &config.ess_files_url, outgoing.clone()).map(Some)
}

fn meetings(config: &Config, outgoing: &Outgoing) -> Result<Option<TencentMeeting>, MeetingError> {
    let keys = config.meeting_secret_id.clone().zip(config.meeting_secret_key.clone());
    let Some((secret_id, secret_key)) = keys else { return Ok(None) };
    let account = MeetingAccount {
        secret_id,
        secret_key,
        app_id: config.meeting_app_id.clone(),
        sdk_id: config.meeting_sdk_id.clone(),
        user_id: config.meeting_user_id.clone(),
    };
    TencentMeeting::new(account, &config.meeting_url, outgoing.clone()).map(Some)
}

fn livekit(config: &Config, outgoing: &Outgoing) -> Result<Option<LiveKit>, LiveKitError> {
    let keys = config.livekit_api_key.clone().zip(config.livekit_api_secret.clone());
    let addresses = config.livekit_url.as_ref().zip(config.livekit_page_url.as_ref());
    let Some((keys, (base, page))) = keys.zip(addresses) else { return Ok(None) };
    LiveKit::new(keys, base, page, outgoing.clone()).map(Some)
}

fn trtc(config: &Config) -> Option<Trtc> {
    let (app_id, key) = config.trtc_app_id.zip(config.trtc_key.clone())?;
    Some(Trtc { app_id, key, callback_key: config.trtc_callback_key.clone() })
}

async fn join_redis(url: &str, installation: &str) -> Result<(FanOut, Cache), redis::RedisError> {
    let client = redis::Client::open(url)?;
    let settings = redis::aio::ConnectionManagerConfig::new()
        .set_response_timeout(Some(std::time::Duration::from_millis(500)))
        .set_connection_timeout(Some(std::time::Duration::from_secs(1)))
        // The next who asks tries again; nobody waits for a Redis that is away.
        .set_number_of_retries(0);
    // Lazy: a Redis that is away at the start is joined when it comes.
    let far = client.get_connection_manager_lazy(settings)?;
    let fan_out = FanOut::shared(client, far.clone(), installation);
    Ok((fan_out.clone(), Cache::shared(far, fan_out, installation)))
}

impl FromRequest for App {
    type Error = AppError;
    type Future = std::future::Ready<Result<Self, AppError>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = request.app_data::<web::Data<App>>().map(|app| app.get_ref().clone());
        std::future::ready(app.ok_or_else(|| AppError::internal("no app in the request")))
    }
}
