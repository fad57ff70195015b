//! Settings, read once from flags and the environment and checked before anything starts.
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

use crate::platform::callback::WebhookError;
use crate::platform::db::{Backend, DatabaseSettings};
use crate::platform::http;
use crate::platform::mail::{MailAddress, Relay};
use crate::platform::tencent_meeting::WebhookKeys;
use crate::platform::wechat::{PushKeys, PushSettingError};

/// Every setting is a flag and a variable `PALM_…`; the defaults run the program by itself.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Address to listen on
    #[arg(long, env = "PALM_BIND", default_value = "127.0.0.1:8080")]
    pub bind: SocketAddr,
    /// The address that people see, for links in feeds and messages
    #[arg(long, env = "PALM_PUBLIC_URL", default_value = "http://127.0.0.1:8080")]
    pub public_url: String,
    /// sqlite://file or postgres://…
    #[arg(long, env = "PALM_DATABASE_URL", default_value = "sqlite://data/palm.db")]
    pub database_url: String,
    /// Connections to PostgreSQL
    #[arg(long, env = "PALM_DATABASE_CONNECTIONS", default_value_t = 8)]
    pub database_connections: usize,
    /// redis://…; left out, the cache lives in this process
    #[arg(long, env = "PALM_REDIS_URL")]
    pub redis_url: Option<String>,
    /// Folder of uploaded and signed files
    #[arg(long, env = "PALM_FILES_DIR", default_value = "data/files")]
    pub files_dir: PathBuf,
    /// Folder of keys: token secret, certification and time-stamp authority; the same on every instance
    #[arg(long, env = "PALM_KEYS_DIR", default_value = "data/keys")]
    pub keys_dir: PathBuf,
    /// Second place that keeps the ledger's checkpoints: a folder, or an https address that takes them by POST
    #[arg(long, env = "PALM_LEDGER_KEEPER")]
    pub ledger_keeper: Option<String>,
    /// Time-stamp authority (RFC 3161) by URL; left out, the built-in one stamps
    #[arg(long, env = "PALM_TSA_URL")]
    pub tsa_url: Option<String>,
    /// PEM file of the roots that this authority must lead to
    #[arg(long, env = "PALM_TSA_ROOTS")]
    pub tsa_roots: Option<PathBuf>,
    /// Whether a signed agreement gets long-term data (PAdES B-LTA): true or false; left out, with the built-in stamps
    #[arg(long, env = "PALM_LONG_TERM")]
    pub long_term: Option<bool>,
    /// Folder of the fonts for paper
    #[arg(long, env = "PALM_FONTS_DIR", default_value = "fonts/node_modules/@expo-google-fonts")]
    pub fonts_dir: PathBuf,
    /// Folder of the browser build of the front end
    #[arg(long, env = "PALM_FRONT_DIR", default_value = "miniprogram/dist/build/h5")]
    pub front_dir: PathBuf,
    /// Folder of units, outlines, parks, guides and policies
    #[arg(long, env = "PALM_SEEDS_DIR", default_value = "seeds")]
    pub seeds_dir: PathBuf,
    /// Proxies whose X-Forwarded-For is believed, as networks: 10.0.0.0/8,…
    #[arg(long, env = "PALM_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,
    /// Requests a minute for one person or address; 0 sets no limit
    #[arg(long, env = "PALM_REQUESTS_PER_MINUTE", default_value_t = 600)]
    pub requests_per_minute: u32,
    /// WeChat app id of the mini-program; without it WeChat sign-in and messages are off
    #[arg(long, env = "PALM_WECHAT_APP_ID")]
    pub wechat_app_id: Option<String>,
    #[arg(long, env = "PALM_WECHAT_APP_SECRET")]
    pub wechat_app_secret: Option<SecretString>,
    #[arg(long, env = "PALM_WECHAT_URL", default_value = "https://api.weixin.qq.com")]
    pub wechat_url: String,
    /// Token of the message push (消息推送), as the console has it; without it nothing that WeChat pushes is taken
    #[arg(long, env = "PALM_WECHAT_PUSH_TOKEN")]
    pub wechat_push_token: Option<SecretString>,
    /// `EncodingAESKey` of the message push: with it only what is encrypted is believed
    #[arg(long, env = "PALM_WECHAT_PUSH_KEY")]
    pub wechat_push_key: Option<SecretString>,
    /// Offer that WeChat confirms a person's name (微信人脸核身), once the mini-program is admitted to it
    #[arg(long, env = "PALM_WECHAT_FACE_CHECK", default_value_t = false)]
    pub wechat_face_check: bool,
    /// Seal the calls to WeChat that may be sealed (API 安全): `aes` for AES-256-GCM and RSA, `sm` for SM4-GCM and SM2; the
    /// six settings beside it come from the same page of the console
    #[arg(long, env = "PALM_WECHAT_CALL_SUITE", value_parser = ["aes", "sm"])]
    pub wechat_call_suite: Option<String>,
    /// The symmetric key, base64
    #[arg(long, env = "PALM_WECHAT_CALL_KEY")]
    pub wechat_call_key: Option<SecretString>,
    /// Its number in the console
    #[arg(long, env = "PALM_WECHAT_CALL_KEY_SERIAL")]
    pub wechat_call_key_serial: Option<String>,
    /// PEM file of our private key
    #[arg(long, env = "PALM_WECHAT_CALL_PRIVATE_KEY")]
    pub wechat_call_private_key: Option<PathBuf>,
    /// Its number in the console
    #[arg(long, env = "PALM_WECHAT_CALL_PRIVATE_KEY_SERIAL")]
    pub wechat_call_private_key_serial: Option<String>,
    /// PEM file of WeChat's certificate (平台证书)
    #[arg(long, env = "PALM_WECHAT_CALL_CERTIFICATE")]
    pub wechat_call_certificate: Option<PathBuf>,
    /// Its number in the console, which is not the one inside it
    #[arg(long, env = "PALM_WECHAT_CALL_CERTIFICATE_SERIAL")]
    pub wechat_call_certificate_serial: Option<String>,
    /// Template id of the booking message
    #[arg(long, env = "PALM_WECHAT_TALK_TEMPLATE")]
    pub wechat_talk_template: Option<String>,
    /// Template id of the message about a lead, with `thing1`, `character_string2` and `thing3`
    #[arg(long, env = "PALM_WECHAT_LEAD_TEMPLATE")]
    pub wechat_lead_template: Option<String>,
    /// Template id of the summary of the day
    #[arg(long, env = "PALM_WECHAT_DIGEST_TEMPLATE")]
    pub wechat_digest_template: Option<String>,
    /// Secret id of the SMS account; without it one-time codes cannot be sent
    #[arg(long, env = "PALM_SMS_SECRET_ID")]
    pub sms_secret_id: Option<String>,
    #[arg(long, env = "PALM_SMS_SECRET_KEY")]
    pub sms_secret_key: Option<SecretString>,
    #[arg(long, env = "PALM_SMS_URL", default_value = "https://sms.tencentcloudapi.com")]
    pub sms_url: String,
    #[arg(long, env = "PALM_SMS_APP_ID", default_value = "")]
    pub sms_app_id: String,
    #[arg(long, env = "PALM_SMS_SIGN_NAME", default_value = "")]
    pub sms_sign_name: String,
    #[arg(long, env = "PALM_SMS_TEMPLATE", default_value = "")]
    pub sms_template: String,
    /// Template id of notices, with two places: what it is about, what happened; without it none go by text message
    #[arg(long, env = "PALM_SMS_NOTICE_TEMPLATE")]
    pub sms_notice_template: Option<String>,
    /// The notices' template has a third place: the address of the page, in the mini-program where there is one
    #[arg(long, env = "PALM_SMS_NOTICE_LINKS", default_value_t = false)]
    pub sms_notice_links: bool,
    /// Where mail is handed in: smtps://host, or smtp://host with STARTTLS (none on this machine); without it no mail is sent
    #[arg(long, env = "PALM_SMTP_URL")]
    pub smtp_url: Option<String>,
    #[arg(long, env = "PALM_SMTP_USER")]
    pub smtp_user: Option<String>,
    #[arg(long, env = "PALM_SMTP_PASSWORD")]
    pub smtp_password: Option<SecretString>,
    /// The address that mails are from; invitations into calendars are answered for under it
    #[arg(long, env = "PALM_SMTP_FROM")]
    pub smtp_from: Option<String>,
    /// The name beside that address
    #[arg(long, env = "PALM_SMTP_NAME", default_value = "掌上招商平台")]
    pub smtp_name: String,
    /// Secret id of the Tencent 电子签 account; without it agreements are signed by the platform alone
    #[arg(long, env = "PALM_ESS_SECRET_ID")]
    pub ess_secret_id: Option<String>,
    #[arg(long, env = "PALM_ESS_SECRET_KEY")]
    pub ess_secret_key: Option<SecretString>,
    /// `UserId` of the person in whose name flows are begun
    #[arg(long, env = "PALM_ESS_OPERATOR_ID", default_value = "")]
    pub ess_operator_id: String,
    #[arg(long, env = "PALM_ESS_URL", default_value = "https://ess.tencentcloudapi.com")]
    pub ess_url: String,
    #[arg(long, env = "PALM_ESS_FILES_URL", default_value = "https://file.ess.tencent.cn")]
    pub ess_files_url: String,
    /// Token that signs its callbacks to /callbacks/ess
    #[arg(long, env = "PALM_ESS_CALLBACK_TOKEN")]
    pub ess_callback_token: Option<SecretString>,
    /// The 32 characters with which its callbacks are encrypted
    #[arg(long, env = "PALM_ESS_CALLBACK_KEY")]
    pub ess_callback_key: Option<SecretString>,
    /// `SecretId` of the Tencent Meeting application; without it talks are held in the platform's own room alone
    #[arg(long, env = "PALM_MEETING_SECRET_ID")]
    pub meeting_secret_id: Option<String>,
    #[arg(long, env = "PALM_MEETING_SECRET_KEY")]
    pub meeting_secret_key: Option<SecretString>,
    /// `AppId` of the enterprise
    #[arg(long, env = "PALM_MEETING_APP_ID", default_value = "")]
    pub meeting_app_id: String,
    /// `SdkId` of the application, when one was assigned
    #[arg(long, env = "PALM_MEETING_SDK_ID")]
    pub meeting_sdk_id: Option<String>,
    /// `userid` of the person in whose name meetings are made
    #[arg(long, env = "PALM_MEETING_USER_ID", default_value = "")]
    pub meeting_user_id: String,
    #[arg(long, env = "PALM_MEETING_URL", default_value = "https://api.meeting.qq.com")]
    pub meeting_url: String,
    /// Token of its webhook to /callbacks/tencent-meeting; without it no webhook is taken
    #[arg(long, env = "PALM_MEETING_WEBHOOK_TOKEN")]
    pub meeting_webhook_token: Option<SecretString>,
    /// `EncodingAESKey` of the webhook: with it only what is encrypted is believed
    #[arg(long, env = "PALM_MEETING_WEBHOOK_KEY")]
    pub meeting_webhook_key: Option<SecretString>,
    /// Address of a LiveKit server, for talks of many; its webhooks come to /callbacks/livekit
    #[arg(long, env = "PALM_LIVEKIT_URL")]
    pub livekit_url: Option<String>,
    #[arg(long, env = "PALM_LIVEKIT_API_KEY")]
    pub livekit_api_key: Option<String>,
    #[arg(long, env = "PALM_LIVEKIT_API_SECRET")]
    pub livekit_api_secret: Option<SecretString>,
    /// The meeting page that takes `liveKitUrl` and `token` in its query, such as https://meet.example/custom
    #[arg(long, env = "PALM_LIVEKIT_PAGE_URL")]
    pub livekit_page_url: Option<String>,
    /// `SDKAppID` of a TRTC application, for talks of many in the mini-program
    #[arg(long, env = "PALM_TRTC_APP_ID")]
    pub trtc_app_id: Option<u32>,
    #[arg(long, env = "PALM_TRTC_KEY")]
    pub trtc_key: Option<SecretString>,
    /// Key of its callbacks to /callbacks/trtc; without it none is taken
    #[arg(long, env = "PALM_TRTC_CALLBACK_KEY")]
    pub trtc_callback_key: Option<SecretString>,
    /// Days within which a sent agreement must be signed by all
    #[arg(long, env = "PALM_SIGNING_DAYS", default_value_t = 30)]
    pub signing_days: u16,
    /// STUN and TURN servers for sound and picture, comma separated; none are needed in one network
    #[arg(long, env = "PALM_ICE_SERVERS", value_delimiter = ',')]
    pub ice_servers: Vec<String>,
    /// Hosts of live links of gatherings, comma separated; those below a host count too
    #[arg(long, env = "PALM_LIVE_HOSTS", value_delimiter = ',', default_value = "meeting.tencent.com")]
    pub live_hosts: Vec<String>,
    /// Address of the figures for Prometheus (`/metrics`), served there and nowhere else
    #[arg(long, env = "PALM_METRICS_BIND")]
    pub metrics_bind: Option<SocketAddr>,
    /// Run the background jobs in this process too
    #[arg(long, env = "PALM_WITH_WORKER", default_value_t = true, action = clap::ArgAction::Set)]
    pub with_worker: bool,
    /// Say at every page that the content is a demonstration
    #[arg(long, env = "PALM_DEMO", default_value_t = false)]
    pub demo: bool,
    /// Threads that answer requests
    #[arg(long, env = "PALM_WORKERS", default_value_t = 2)]
    pub workers: usize,
    /// `json` or `text`
    #[arg(long, env = "PALM_LOG_FORMAT", default_value = "text", value_parser = ["json", "text"])]
    pub log_format: String,
    /// The program to start again for reading strangers' files; left out, the running one
    #[arg(long, env = "PALM_PROGRAM", hide = true)]
    pub program: Option<PathBuf>,
    /// Accept database settings that can lose acknowledged writes; for tests alone
    #[arg(long, env = "PALM_UNSAFE_DATABASE", default_value_t = false, hide = true)]
    pub unsafe_database: bool,
    /// Commit each write by itself on SQLite; the yardstick of the bench
    #[arg(long, env = "PALM_SINGLE_COMMIT", default_value_t = false, hide = true)]
    pub single_commit: bool,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{setting}: {wrong}")]
pub struct ConfigError {
    pub setting: &'static str,
    pub wrong: String,
}

impl Config {
    /// Long-term data need the lists of what was revoked; ours are at hand, another authority's may not be.
    pub fn keeps_long_term(&self) -> bool {
        self.long_term.unwrap_or(self.tsa_url.is_none())
    }
    /// Refuses what cannot work, naming the setting.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |setting, wrong: &str| Err(ConfigError { setting, wrong: wrong.to_owned() });
        if Backend::of(&self.database_url).is_err() {
            return refuse("PALM_DATABASE_URL", "must begin with sqlite:// or postgres://");
        }
        if !(1..=200).contains(&self.database_connections) {
            return refuse("PALM_DATABASE_CONNECTIONS", "must be 1 to 200");
        }
        if !self.public_url.starts_with("http://") && !self.public_url.starts_with("https://") {
            return refuse("PALM_PUBLIC_URL", "must begin with http:// or https://");
        }
        if self.metrics_bind.is_some_and(|at| at == self.bind && at.port() != 0) {
            return refuse("PALM_METRICS_BIND", "must differ from PALM_BIND");
        }
        if self.workers == 0 {
            return refuse("PALM_WORKERS", "must be at least 1");
        }
        if self.redis_url.as_ref().is_some_and(|url| !url.starts_with("redis://")) {
            return refuse("PALM_REDIS_URL", "must begin with redis://");
        }
        if self.wechat_app_id.is_some() != self.wechat_app_secret.is_some() {
            return refuse("PALM_WECHAT_APP_SECRET", "app id and secret must be given together");
        }
        if self.wechat_push_token.is_some() && self.wechat_app_id.is_none() {
            return refuse("PALM_WECHAT_PUSH_TOKEN", "needs PALM_WECHAT_APP_ID");
        }
        if self.wechat_push_key.is_some() && self.wechat_push_token.is_none() {
            return refuse("PALM_WECHAT_PUSH_KEY", "needs PALM_WECHAT_PUSH_TOKEN");
        }
        match self.push_keys() {
            Err(wrong @ PushSettingError::Token) => {
                return refuse("PALM_WECHAT_PUSH_TOKEN", &wrong.to_string());
            }
            Err(wrong @ PushSettingError::Key) => return refuse("PALM_WECHAT_PUSH_KEY", &wrong.to_string()),
            Ok(_) => {}
        }
        if self.wechat_face_check && self.wechat_app_id.is_none() {
            return refuse("PALM_WECHAT_FACE_CHECK", "needs PALM_WECHAT_APP_ID");
        }
        let sealing = [
            self.wechat_call_key.is_some(),
            self.wechat_call_key_serial.is_some(),
            self.wechat_call_private_key.is_some(),
            self.wechat_call_private_key_serial.is_some(),
            self.wechat_call_certificate.is_some(),
            self.wechat_call_certificate_serial.is_some(),
        ];
        if sealing.iter().any(|given| *given != self.wechat_call_suite.is_some()) {
            let together =
                "suite, key, private key and certificate, and the three numbers, must be given together";
            return refuse("PALM_WECHAT_CALL_SUITE", together);
        }
        if self.wechat_call_suite.is_some() && self.wechat_app_id.is_none() {
            return refuse("PALM_WECHAT_CALL_SUITE", "needs PALM_WECHAT_APP_ID");
        }
        if self.sms_secret_id.is_some() != self.sms_secret_key.is_some() {
            return refuse("PALM_SMS_SECRET_KEY", "secret id and key must be given together");
        }
        if self.sms_secret_id.is_some() && (self.sms_app_id.is_empty() || self.sms_template.is_empty()) {
            return refuse("PALM_SMS_APP_ID", "the SMS account needs PALM_SMS_APP_ID and PALM_SMS_TEMPLATE");
        }
        if self.sms_notice_template.is_some() && self.sms_secret_id.is_none() {
            return refuse("PALM_SMS_NOTICE_TEMPLATE", "needs PALM_SMS_SECRET_ID");
        }
        if self.sms_notice_links && self.sms_notice_template.is_none() {
            return refuse("PALM_SMS_NOTICE_LINKS", "needs PALM_SMS_NOTICE_TEMPLATE");
        }
        if self.smtp_url.is_some() != self.smtp_from.is_some() {
            return refuse("PALM_SMTP_FROM", "server and sender must be given together");
        }
        if let Some(Err(wrong)) = self.smtp_url.as_deref().map(Relay::parse) {
            return refuse("PALM_SMTP_URL", &wrong.to_string());
        }
        if self.smtp_from.as_deref().is_some_and(|from| MailAddress::parse(from).is_err()) {
            return refuse("PALM_SMTP_FROM", "must be a mail address");
        }
        if self.smtp_user.is_some() != self.smtp_password.is_some()
            || (self.smtp_user.is_some() && self.smtp_url.is_none())
        {
            return refuse("PALM_SMTP_PASSWORD", "server, user and password must be given together");
        }
        let ess = [&self.ess_secret_key, &self.ess_callback_token, &self.ess_callback_key];
        if ess.iter().any(|part| part.is_some() != self.ess_secret_id.is_some()) {
            let together = "secret id and key, callback token and callback key must be given together";
            return refuse("PALM_ESS_SECRET_ID", together);
        }
        if self.ess_secret_id.is_some() && self.ess_operator_id.is_empty() {
            return refuse("PALM_ESS_OPERATOR_ID", "the 电子签 account needs it");
        }
        if self.ess_callback_key.as_ref().is_some_and(|key| key.expose_secret().len() != 32) {
            return refuse("PALM_ESS_CALLBACK_KEY", "must be 32 characters");
        }
        if self.meeting_secret_id.is_some() != self.meeting_secret_key.is_some() {
            return refuse("PALM_MEETING_SECRET_KEY", "secret id and key must be given together");
        }
        if self.meeting_secret_id.is_some()
            && (self.meeting_app_id.is_empty() || self.meeting_user_id.is_empty())
        {
            return refuse(
                "PALM_MEETING_APP_ID",
                "the account needs PALM_MEETING_APP_ID and PALM_MEETING_USER_ID",
            );
        }
        if self.meeting_keys().is_err() {
            return refuse("PALM_MEETING_WEBHOOK_KEY", "must be the 43 letters and digits of EncodingAESKey");
        }
        let livekit = [
            self.livekit_url.is_some(),
            self.livekit_api_key.is_some(),
            self.livekit_api_secret.is_some(),
            self.livekit_page_url.is_some(),
        ];
        if livekit.contains(&true) && livekit.contains(&false) {
            return refuse(
                "PALM_LIVEKIT_URL",
                "address, API key, API secret and page must be given together",
            );
        }
        if self.trtc_app_id.is_some() != self.trtc_key.is_some() {
            return refuse("PALM_TRTC_KEY", "application and key must be given together");
        }
        if self
            .ledger_keeper
            .as_ref()
            .is_some_and(|place| place.contains("://") && !http::is_safe_address(place))
        {
            return refuse("PALM_LEDGER_KEEPER", "must be a folder or an https address");
        }
        if !(1..=365).contains(&self.signing_days) {
            return refuse("PALM_SIGNING_DAYS", "must be 1 to 365");
        }
        for (setting, secret) in [
            ("PALM_WECHAT_APP_SECRET", &self.wechat_app_secret),
            ("PALM_SMS_SECRET_KEY", &self.sms_secret_key),
            ("PALM_SMTP_PASSWORD", &self.smtp_password),
            ("PALM_ESS_SECRET_KEY", &self.ess_secret_key),
            ("PALM_ESS_CALLBACK_TOKEN", &self.ess_callback_token),
            ("PALM_MEETING_SECRET_KEY", &self.meeting_secret_key),
            ("PALM_MEETING_WEBHOOK_TOKEN", &self.meeting_webhook_token),
            ("PALM_LIVEKIT_API_SECRET", &self.livekit_api_secret),
            ("PALM_TRTC_KEY", &self.trtc_key),
            ("PALM_TRTC_CALLBACK_KEY", &self.trtc_callback_key),
        ] {
            if secret.as_ref().is_some_and(|s| s.expose_secret().trim().is_empty()) {
                return refuse(setting, "must not be empty");
            }
        }
        Ok(())
    }

    /// By what a push of WeChat's is believed; `None` when none is taken.
    pub fn push_keys(&self) -> Result<Option<PushKeys>, PushSettingError> {
        let (Some(token), Some(app_id)) = (&self.wechat_push_token, &self.wechat_app_id) else {
            return Ok(None);
        };
        PushKeys::new(token.clone(), self.wechat_push_key.as_ref(), app_id).map(Some)
    }

    /// By what a webhook of Tencent Meeting is believed; `None` when none is taken.
    pub fn meeting_keys(&self) -> Result<Option<WebhookKeys>, WebhookError> {
        let Some(token) = &self.meeting_webhook_token else { return Ok(None) };
        WebhookKeys::new(token.clone(), self.meeting_webhook_key.as_ref()).map(Some)
    }

    /// Who answers for what is in a calendar, as a URI: the mail's sender where mail is set up, one organizer on every road.
    pub fn organizer(&self) -> String {
        self.smtp_from.as_ref().map_or_else(
            || format!("{}/", self.public_url.trim_end_matches('/')),
            |from| format!("mailto:{from}"),
        )
    }

    /// Refuses to serve without what pages and paper are made of.
    pub fn check_folders(&self) -> Result<(), ConfigError> {
        for (setting, folder) in [("PALM_SEEDS_DIR", &self.seeds_dir), ("PALM_FONTS_DIR", &self.fonts_dir)] {
            if !folder.is_dir() {
                return Err(ConfigError { setting, wrong: format!("{} is not a folder", folder.display()) });
            }
        }
        Ok(())
    }

    pub fn database(&self) -> DatabaseSettings {
        DatabaseSettings {
            url: self.database_url.clone(),
            connections: self.database_connections,
            unsafe_for_tests: self.unsafe_database,
            single_commit: self.single_commit,
        }
    }
}
