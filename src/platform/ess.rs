//! Tencent 电子签 (ESS, API 2020-11-11): requests signed with TC3-HMAC-SHA256, and its callbacks opened with suspicion.
//!
//! No name, phone or file appears in an error, a log line or `Debug`.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::callback::opened;
use super::http::{BaseUrl, Outgoing, OutgoingError};
use super::tc3::{Credentials, Request};

const VERSION: &str = "2020-11-11";
const CONTENT_TYPE: &str = "application/json; charset=utf-8";
/// The mini-program of the service, to which ours jumps.
pub const MINI_PROGRAM: &str = "wxa023b292fd19d41d";

/// The account, the person in whose name it acts, and the keys of its callbacks.
#[derive(Debug, Clone)]
pub struct EssAccount {
    pub credentials: Credentials,
    /// `UserId` of the operator.
    pub operator_id: String,
    pub callback_token: SecretString,
    /// 32 characters, used as they are.
    pub callback_key: SecretString,
}

/// Why the service gave nothing usable.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EssError {
    #[error("the signing service gave no usable answer")]
    Outgoing(#[from] OutgoingError),
    #[error("the signing service refused: {code} (request {request_id})")]
    Refused { code: String, request_id: String },
    #[error("the signing service's answer lacks {0}")]
    Incomplete(&'static str),
}

/// Why a callback is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    #[error("the callback's signature does not fit")]
    Forged,
    #[error("the callback cannot be decrypted")]
    Undecipherable,
    #[error("the callback is not what was expected")]
    Malformed,
}

/// One signer of a flow.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Approver {
    /// 1: a natural person.
    approver_type: u8,
    approver_name: String,
    approver_mobile: String,
    notify_type: &'static str,
}

impl Approver {
    pub fn person(name: &str, mobile: &str) -> Self {
        Self {
            approver_type: 1,
            approver_name: name.to_owned(),
            approver_mobile: mobile.to_owned(),
            notify_type: "SMS",
        }
    }
}

/// A flow as it is asked for.
pub struct NewFlow<'a> {
    pub name: &'a str,
    pub file_id: &'a str,
    /// In the order of signing, unless everybody signs at once
    pub approvers: &'a [Approver],
    pub unordered: bool,
    /// By when everybody must have signed
    pub deadline: Option<DateTime<Utc>>,
    pub user_data: &'a str,
}

/// Where a flow stands (`FlowStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowStanding {
    Open,
    Refused,
    Signed,
    Expired,
    Revoked,
}

impl FlowStanding {
    fn of(status: i64) -> Self {
        match status {
            3 | 10 => Self::Refused,
            4 => Self::Signed,
            5 => Self::Expired,
            6 | 16 | 21 => Self::Revoked,
            _ => Self::Open,
        }
    }
}

/// Where a flow stands, and who has signed.
#[derive(Clone, PartialEq, Eq)]
pub struct FlowSeen {
    pub standing: FlowStanding,
    /// Their mobiles, in no certain order.
    pub signed: Vec<String>,
}

impl FlowSeen {
    pub fn has_signed(&self, mobile: &str) -> bool {
        self.standing == FlowStanding::Signed || self.signed.iter().any(|signed| signed == mobile)
    }
}

/// What a callback says: that something may have changed. The flow is asked for itself before it is believed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Callback {
    pub msg_id: String,
    pub msg_type: String,
    #[serde(default)]
    pub msg_data: Value,
}

impl Callback {
    /// The flow that it is about, if any.
    pub fn flow_id(&self) -> Option<&str> {
        self.msg_data.get("FlowId").and_then(Value::as_str)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    response: Value,
}

/// The client of the service.
#[derive(Debug, Clone)]
pub struct Ess {
    account: EssAccount,
    base: BaseUrl,
    files: BaseUrl,
    outgoing: Outgoing,
}

impl Ess {
    /// # Errors
    /// `Outgoing` when an address may not be used (see [`BaseUrl::parse`]).
    pub fn new(account: EssAccount, base: &str, files: &str, outgoing: Outgoing) -> Result<Self, EssError> {
        Ok(Self { account, base: BaseUrl::parse(base)?, files: BaseUrl::parse(files)?, outgoing })
    }

    /// Uploads a PDF; gives the id under which a flow may use it soon.
    ///
    /// # Errors
    /// As every call: `Outgoing`, `Refused`, `Incomplete`.
    pub async fn upload(&self, name: &str, pdf: &[u8], now: DateTime<Utc>) -> Result<String, EssError> {
        let body = json!({
            "Caller": {"OperatorId": self.account.operator_id}, "BusinessType": "DOCUMENT",
            "FileInfos": [{"FileBody": STANDARD.encode(pdf), "FileName": name}],
        });
        let answer: Value = self.call(&self.files, "UploadFiles", &body, now).await?;
        text_at(&answer, "/FileIds/0", "FileIds")
    }

    /// Creates a flow, which starts by itself; gives its id.
    ///
    /// # Errors
    /// As every call. After [`OutgoingError::may_have_happened`] a flow may exist.
    pub async fn create_flow(&self, flow: &NewFlow<'_>, now: DateTime<Utc>) -> Result<String, EssError> {
        let mut body = json!({
            "Operator": self.operator(), "FlowName": flow.name, "FileIds": [flow.file_id],
            "Approvers": flow.approvers, "Unordered": flow.unordered,
            "UserData": STANDARD.encode(flow.user_data),
        });
        if let Some(deadline) = flow.deadline {
            body["Deadline"] = deadline.timestamp().into();
        }
        let answer: Value = self.call(&self.base, "CreateFlowByFiles", &body, now).await?;
        text_at(&answer, "/FlowId", "FlowId")
    }

    /// The path inside the service's mini-program where this person signs. It must be used as it is.
    ///
    /// # Errors
    /// As every call.
    pub async fn sign_path(
        &self,
        flow_id: &str,
        name: &str,
        mobile: &str,
        now: DateTime<Utc>,
    ) -> Result<String, EssError> {
        let body = json!({
            "Operator": self.operator(), "FlowId": flow_id, "PathType": 1, "EndPoint": "APP", "Name": name,
            "Mobile": mobile, "AutoJumpBack": true,
        });
        let answer: Value = self.call(&self.base, "CreateSchemeUrl", &body, now).await?;
        text_at(&answer, "/SchemeUrl", "SchemeUrl")
    }

    /// Where a flow stands now.
    ///
    /// # Errors
    /// As every call.
    pub async fn find_flow(&self, flow_id: &str, now: DateTime<Utc>) -> Result<FlowSeen, EssError> {
        let body = json!({"Operator": self.operator(), "FlowIds": [flow_id]});
        let answer: Value = self.call(&self.base, "DescribeFlowInfo", &body, now).await?;
        let flow = answer.pointer("/FlowDetailInfos/0").ok_or(EssError::Incomplete("FlowDetailInfos"))?;
        let status =
            flow.get("FlowStatus").and_then(Value::as_i64).ok_or(EssError::Incomplete("FlowStatus"))?;
        let approvers = flow.get("FlowApproverInfos").and_then(Value::as_array);
        let signed = approvers.into_iter().flatten().filter(|one| one["ApproveStatus"] == 3);
        let signed = signed.filter_map(|one| one.get("Mobile")?.as_str().map(str::to_owned)).collect();
        Ok(FlowSeen { standing: FlowStanding::of(status), signed })
    }

    /// The signed file.
    ///
    /// # Errors
    /// As every call; `BadRequest` when the service names an address that may not be asked.
    pub async fn signed_file(&self, flow_id: &str, now: DateTime<Utc>) -> Result<Vec<u8>, EssError> {
        let body = json!({
            "Operator": self.operator(), "BusinessType": "FLOW", "BusinessIds": [flow_id], "UrlTtl": 300,
        });
        let answer: Value = self.call(&self.base, "DescribeFileUrls", &body, now).await?;
        let url = text_at(&answer, "/FileUrls/0/Url", "FileUrls")?;
        let url = reqwest::Url::parse(&url).map_err(|_| OutgoingError::BadRequest("the file's address"))?;
        if url.scheme() != "https" && !self.base.is_this_machine() {
            return Err(OutgoingError::BadRequest("the file's address is not encrypted").into());
        }
        Ok(self.outgoing.get(url).await?.success()?.body.to_vec())
    }

    /// Calls a flow off, with the reason.
    ///
    /// # Errors
    /// As every call.
    pub async fn cancel(&self, flow_id: &str, reason: &str, now: DateTime<Utc>) -> Result<(), EssError> {
        let reason: String = reason.chars().take(200).collect();
        let body = json!({"Operator": self.operator(), "FlowId": flow_id, "CancelMessage": reason});
        self.call::<Value>(&self.base, "CancelFlow", &body, now).await.map(|_| ())
    }

    /// Opens a callback: its signature over the raw body first, then what was encrypted.
    ///
    /// # Errors
    /// When it is not the service's.
    pub fn open_callback(&self, raw: &[u8], signature: &str) -> Result<Callback, CallbackError> {
        open_callback(&self.account.callback_token, &self.account.callback_key, raw, signature)
    }

    fn operator(&self) -> Value {
        json!({"UserId": self.account.operator_id})
    }

    async fn call<T: DeserializeOwned>(
        &self,
        base: &BaseUrl,
        action: &str,
        body: &Value,
        now: DateTime<Utc>,
    ) -> Result<T, EssError> {
        let body = serde_json::to_vec(body)
            .map_err(|_| OutgoingError::BadRequest("the body cannot be written as JSON"))?;
        let host = base.host();
        let request = Request {
            service: "ess",
            host: &host,
            content_type: CONTENT_TYPE,
            action: Some(action),
            body: &body,
            at: now,
        };
        let authorization = request.authorization(&self.account.credentials);
        let timestamp = now.timestamp().to_string();
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", CONTENT_TYPE),
            ("x-tc-action", action),
            ("x-tc-version", VERSION),
            ("x-tc-timestamp", &timestamp),
        ];
        let answer = self.outgoing.post_bytes(base.at("/", &[]), &headers, body).await?.success()?;
        let Envelope { response } = answer.json()?;
        if let Some(code) = response.pointer("/Error/Code").and_then(Value::as_str) {
            let request_id = response["RequestId"].as_str().unwrap_or_default().to_owned();
            return Err(EssError::Refused { code: code.to_owned(), request_id });
        }
        serde_json::from_value(response).map_err(|_| EssError::Incomplete(VERSION))
    }
}

fn text_at(answer: &Value, pointer: &str, name: &'static str) -> Result<String, EssError> {
    answer.pointer(pointer).and_then(Value::as_str).map(str::to_owned).ok_or(EssError::Incomplete(name))
}

/// `Content-Signature: sha256=` and the hex HMAC-SHA256 of the raw body; then AES-256-CBC, whose key are the 32
/// characters themselves.
fn open_callback(
    token: &SecretString,
    key: &SecretString,
    raw: &[u8],
    signature: &str,
) -> Result<Callback, CallbackError> {
    let given = signature.strip_prefix("sha256=").and_then(|hex| hex::decode(hex).ok());
    let given = given.ok_or(CallbackError::Forged)?;
    let by_token = hmac::Key::new(hmac::HMAC_SHA256, token.expose_secret().as_bytes());
    hmac::verify(&by_token, raw, &given).map_err(|_| CallbackError::Forged)?;
    let outer: Value = serde_json::from_slice(raw).map_err(|_| CallbackError::Malformed)?;
    let encrypted = outer.get("encrypt").and_then(Value::as_str).ok_or(CallbackError::Malformed)?;
    let plain = opened(key.expose_secret().as_bytes(), encrypted).ok_or(CallbackError::Undecipherable)?;
    serde_json::from_slice(&plain).map_err(|_| CallbackError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};

    const KEY: &str = "0123456789ABCDEF0123456789ABCDEF";

    fn sealed(plain: &Value) -> (Vec<u8>, String) {
        let key = UnboundCipherKey::new(&AES_256, KEY.as_bytes()).unwrap();
        let iv: [u8; 16] = KEY.as_bytes()[..16].try_into().unwrap();
        let mut bytes = plain.to_string().into_bytes();
        PaddedBlockEncryptingKey::cbc_pkcs7(key)
            .unwrap()
            .less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(iv.into()))
            .unwrap();
        let raw = json!({"encrypt": STANDARD.encode(bytes)}).to_string().into_bytes();
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"token"), &raw);
        (raw, format!("sha256={}", hex::encode(mac)))
    }

    fn open(raw: &[u8], signature: &str) -> Result<Callback, CallbackError> {
        open_callback(&"token".into(), &KEY.into(), raw, signature)
    }

    #[test]
    fn a_callback_is_opened_and_a_forged_one_is_not() {
        let message = json!({"MsgId": "m1", "MsgType": "FlowStatusChange", "MsgData": {"FlowId": "f1"}});
        let (raw, signature) = sealed(&message);
        let opened = open(&raw, &signature).unwrap();
        assert_eq!((opened.msg_id.as_str(), opened.flow_id()), ("m1", Some("f1")));
        let mut bent = raw.clone();
        bent[15] ^= 1;
        assert_eq!(open(&bent, &signature), Err(CallbackError::Forged));
        assert_eq!(open(&raw, ""), Err(CallbackError::Forged));
        assert_eq!(open(&raw, "sha256=00"), Err(CallbackError::Forged));
        let other =
            open_callback(&"token".into(), &"another key of thirty-two signs!".into(), &raw, &signature);
        assert!(matches!(other, Err(CallbackError::Undecipherable | CallbackError::Malformed)));
    }

    #[test]
    fn the_given_signature_fits_its_raw_body() {
        let file: Value = serde_json::from_str(include_str!("../../tests/vectors/wechat.json")).unwrap();
        let vector =
            file["vectors"].as_array().unwrap().iter().find(|v| v["id"] == "ess-callback-content-signature");
        let vector = vector.unwrap();
        let (token, raw) =
            (vector["input"]["token"].as_str().unwrap(), vector["input"]["raw_body"].as_str().unwrap());
        let signature = vector["expected"]["content_signature"].as_str().unwrap();
        // Its key is not known, so that it goes as far as the cipher and no further.
        let opened = open_callback(&token.into(), &KEY.into(), raw.as_bytes(), signature);
        assert!(matches!(opened, Err(CallbackError::Undecipherable | CallbackError::Malformed)));
        let changed = raw.replace("encrypt", "Encrypt");
        assert_eq!(
            open_callback(&token.into(), &KEY.into(), changed.as_bytes(), signature),
            Err(CallbackError::Forged)
        );
    }

    #[test]
    fn a_standing_follows_from_the_documented_numbers() {
        let standings: Vec<FlowStanding> =
            [0, 1, 2, 8, 3, 10, 4, 5, 6, 16, 21].map(FlowStanding::of).to_vec();
        use FlowStanding::{Expired, Open, Refused, Revoked, Signed};
        assert_eq!(
            standings,
            [Open, Open, Open, Open, Refused, Refused, Signed, Expired, Revoked, Revoked, Revoked]
        );
    }

    #[test]
    fn callbacks_that_another_program_made_are_judged_as_it_says() {
        for vector in crate::platform::callback::unseen("ess_callbacks") {
            let text = |name: &str| vector[name].as_str().unwrap();
            let raw = text("raw").as_bytes();
            let opened = open_callback(&text("token").into(), &text("key").into(), raw, text("signature"));
            match text("verdict") {
                "genuine" => {
                    let callback = opened.unwrap();
                    assert_eq!(
                        (callback.msg_id.as_str(), callback.flow_id()),
                        (text("msg_id"), Some(text("flow_id")))
                    );
                }
                "forged" => assert_eq!(opened, Err(CallbackError::Forged), "{}", text("bend")),
                _ => assert!(
                    matches!(opened, Err(CallbackError::Undecipherable | CallbackError::Malformed)),
                    "{}",
                    text("bend")
                ),
            }
        }
    }
}
