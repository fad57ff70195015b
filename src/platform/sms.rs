//! Text messages through Tencent Cloud SMS: `SendSms`, version 2021-01-11, signed with TC3-HMAC-SHA256.
//!
//! Neither the phone nor the parameters (a login code is one) appear in an error, a log line or `Debug`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::http::{Answer, BaseUrl, Outgoing, OutgoingError};
use super::tc3::{Credentials, Request};

/// The company's address.
pub const OFFICIAL_BASE_URL: &str = "https://sms.tencentcloudapi.com";

const ACTION: &str = "SendSms";
const VERSION: &str = "2021-01-11";
const CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// The account, the application and the approved signature that stands before each text.
#[derive(Debug, Clone)]
pub struct SmsAccount {
    pub credentials: Credentials,
    /// `SmsSdkAppId`, such as `1400006666`.
    pub sdk_app_id: String,
    /// `SignName`, without the brackets 【】.
    pub sign_name: String,
    /// Such as `ap-guangzhou`.
    pub region: String,
}

/// Why a text was not accepted for sending.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SmsError {
    #[error("the text message service gave no usable answer")]
    Outgoing(#[from] OutgoingError),
    #[error("the text message was refused: {code} (request {request_id})")]
    Refused { kind: SmsRefusal, code: String, request_id: String },
    #[error("the phone is not a mobile number of the mainland")]
    NotAMobile,
}

/// What to do about a refusal ("短信 API 3.0 发送错误码").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsRefusal {
    /// Too many to this phone, or too many calls: the person waits.
    TooOften,
    /// The service's own trouble: try again later.
    Busy,
    /// This phone cannot get it (wrong or on the do-not-disturb list).
    Recipient,
    /// A parameter breaks a rule of the template.
    Content,
    /// Keys, application, signature, template, clock, balance or daily quota: for operations.
    Configuration,
}

impl SmsRefusal {
    fn of(code: &str) -> Self {
        match code {
            "LimitExceeded.AppDailyLimit" | "LimitExceeded.DailyLimit" => Self::Configuration,
            "InvalidParameterValue.IncorrectPhoneNumber"
            | "FailedOperation.PhoneNumberInBlacklist"
            | "UnsupportedOperation.UnsuportedRegion" => Self::Recipient,
            "FailedOperation.ContainSensitiveWord"
            | "InvalidParameter.DirtyWordFound"
            | "InvalidParameterValue.ContentLengthLimit"
            | "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"
            | "InvalidParameterValue.TemplateParameterFormatError"
            | "InvalidParameterValue.TemplateParameterLengthLimit" => Self::Content,
            "InternalError.RequestTimeException"
            | "InternalError.SigVerificationFail"
            | "InternalError.SigFieldMissing"
            | "InternalError.RestApiInterfaceNotExist" => Self::Configuration,
            _ if code.starts_with("LimitExceeded") || code.starts_with("RequestLimitExceeded") => {
                Self::TooOften
            }
            _ if code.starts_with("InternalError") => Self::Busy,
            _ => Self::Configuration,
        }
    }
}

/// The service has taken the text; whether it arrived is told by a report that is not read here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsReceipt {
    /// `SerialNo`, which a delivery report would name.
    pub serial_no: String,
    pub request_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Sending<'a> {
    phone_number_set: [String; 1],
    sms_sdk_app_id: &'a str,
    sign_name: &'a str,
    template_id: &'a str,
    template_param_set: &'a [&'a str],
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    response: Reply,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reply {
    error: Option<Verdict>,
    #[serde(default)]
    send_status_set: Vec<Verdict>,
    #[serde(default)]
    request_id: String,
}

/// The answer's `Message` is not read: it may repeat the phone.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Verdict {
    code: String,
    #[serde(default)]
    serial_no: String,
}

/// The client of the text message service.
#[derive(Debug, Clone)]
pub struct Sms {
    account: SmsAccount,
    base: BaseUrl,
    outgoing: Outgoing,
}

impl Sms {
    /// # Errors
    /// `Outgoing` when `base_url` may not be used (see [`BaseUrl::parse`]).
    pub fn new(account: SmsAccount, base_url: &str, outgoing: Outgoing) -> Result<Self, SmsError> {
        Ok(Self { account, base: BaseUrl::parse(base_url)?, outgoing })
    }

    /// Sends one text to `phone` (11 digits of the mainland) by an approved template.
    ///
    /// Never repeats by itself: a text whose answer was lost may have been sent, see
    /// [`OutgoingError::may_have_happened`].
    ///
    /// # Errors
    /// `NotAMobile` before anything is sent; `Refused` with what to do; `Outgoing`.
    pub async fn send(
        &self,
        phone: &str,
        template_id: &str,
        params: &[&str],
        now: DateTime<Utc>,
    ) -> Result<SmsReceipt, SmsError> {
        let sending = Sending {
            phone_number_set: [international(phone)?],
            sms_sdk_app_id: &self.account.sdk_app_id,
            sign_name: &self.account.sign_name,
            template_id,
            template_param_set: params,
        };
        let body = serde_json::to_vec(&sending)
            .map_err(|_| OutgoingError::BadRequest("the body cannot be written as JSON"))?;
        let answer = self.post_signed(body, now).await?;
        receipt(&answer.success()?)
    }

    async fn post_signed(&self, body: Vec<u8>, now: DateTime<Utc>) -> Result<Answer, OutgoingError> {
        let host = self.base.host();
        let request = Request {
            service: "sms",
            host: &host,
            content_type: CONTENT_TYPE,
            action: Some(ACTION),
            body: &body,
            at: now,
        };
        let authorization = request.authorization(&self.account.credentials);
        let timestamp = now.timestamp().to_string();
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", CONTENT_TYPE),
            ("x-tc-action", ACTION),
            ("x-tc-version", VERSION),
            ("x-tc-region", &self.account.region),
            ("x-tc-timestamp", &timestamp),
        ];
        self.outgoing.post_bytes(self.base.at("/", &[]), &headers, body).await
    }
}

fn international(phone: &str) -> Result<String, SmsError> {
    let digits = phone.bytes().all(|byte| byte.is_ascii_digit());
    if digits && phone.len() == 11 && phone.starts_with('1') {
        Ok(format!("+86{phone}"))
    } else {
        Err(SmsError::NotAMobile)
    }
}

fn receipt(answer: &Answer) -> Result<SmsReceipt, SmsError> {
    let Reply { error, send_status_set, request_id } = answer.json::<Envelope>()?.response;
    let verdict = error.or_else(|| send_status_set.into_iter().next());
    match verdict {
        Some(Verdict { code, serial_no }) if code == "Ok" => Ok(SmsReceipt { serial_no, request_id }),
        Some(Verdict { code, .. }) => {
            Err(SmsError::Refused { kind: SmsRefusal::of(&code), code, request_id })
        }
        None => Err(SmsError::Refused {
            kind: SmsRefusal::Busy,
            code: "InternalError.EmptyAnswer".to_owned(),
            request_id,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(body: &str) -> Result<SmsReceipt, SmsError> {
        receipt(&Answer { status: 200, headers: Default::default(), body: body.to_owned().into() })
    }

    #[test]
    fn a_code_says_what_to_do() {
        for (code, kind) in [
            ("LimitExceeded.PhoneNumberThirtySecondLimit", SmsRefusal::TooOften),
            ("RequestLimitExceeded.IPLimitExceeded", SmsRefusal::TooOften),
            ("LimitExceeded.AppDailyLimit", SmsRefusal::Configuration),
            ("InternalError.Timeout", SmsRefusal::Busy),
            ("InternalError", SmsRefusal::Busy),
            ("InternalError.RequestTimeException", SmsRefusal::Configuration),
            ("FailedOperation.PhoneNumberInBlacklist", SmsRefusal::Recipient),
            ("InvalidParameterValue.TemplateParameterFormatError", SmsRefusal::Content),
            ("AuthFailure.SignatureFailure", SmsRefusal::Configuration),
            ("FailedOperation.InsufficientBalanceInSmsPackage", SmsRefusal::Configuration),
        ] {
            assert_eq!(SmsRefusal::of(code), kind, "{code}");
        }
    }

    #[test]
    fn a_refusal_of_the_one_phone_is_a_refusal() {
        let error = answered(
            r#"{"Response":{"SendStatusSet":[{"SerialNo":"","PhoneNumber":"+8613800000000","Fee":0,
            "Code":"LimitExceeded.PhoneNumberDailyLimit","Message":"+8613800000000 too many"}],"RequestId":"r1"}}"#,
        )
        .unwrap_err();
        assert!(matches!(error, SmsError::Refused { kind: SmsRefusal::TooOften, .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("138000"), "{error:?}");
    }

    #[test]
    fn an_answer_without_a_verdict_is_no_success() {
        let error = answered(r#"{"Response":{"SendStatusSet":[],"RequestId":"r2"}}"#).unwrap_err();
        assert!(matches!(error, SmsError::Refused { kind: SmsRefusal::Busy, .. }), "{error}");
    }

    #[test]
    fn only_mobiles_of_the_mainland_are_called() {
        assert_eq!(international("13800138000").ok().as_deref(), Some("+8613800138000"));
        for bad in ["1380013800", "23800138000", "+8613800138", "1380013800a", "", "１３８００１３８０００"]
        {
            assert!(matches!(international(bad), Err(SmsError::NotAMobile)), "{bad}");
        }
    }
}
