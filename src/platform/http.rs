//! The one door for outgoing HTTP: every call to an outside company has a time limit and a size limit.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Proxy, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// How long one exchange may take and how much may come back.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// The whole exchange, the last byte of the answer included.
    pub total: Duration,
    /// Most bytes of an answer's body.
    pub answer_bytes: usize,
    /// A forward proxy, such as `http://10.0.0.1:3128`; the environment is never asked for one.
    pub proxy: Option<String>,
}

impl Default for Limits {
    /// 1 s to connect and 2.5 s in all, so that a person who waits is answered within 3 s; 1 MiB.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(1),
            total: Duration::from_millis(2_500),
            answer_bytes: 1024 * 1024,
            proxy: None,
        }
    }
}

/// Why an exchange with an outside company gave nothing usable.
///
/// No message holds an address: queries carry secrets and tokens.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OutgoingError {
    #[error("no answer in time")]
    Timeout,
    #[error("no connection")]
    Unreachable(#[source] Arc<reqwest::Error>),
    #[error("the connection broke before the answer was whole")]
    Cut(#[source] Arc<reqwest::Error>),
    #[error("answered with status {0}")]
    Status(u16),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the answer is not the JSON that was expected")]
    NotJson(#[source] Arc<serde_json::Error>),
    #[error("the address or the request cannot be used: {0}")]
    BadRequest(&'static str),
    #[error("the HTTP client cannot be built")]
    Client(#[source] Arc<reqwest::Error>),
}

impl OutgoingError {
    /// Whether the other side may have carried out the request although nothing usable came back.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        !matches!(self, Self::Unreachable(_) | Self::BadRequest(_) | Self::Client(_))
    }

    fn of(error: reqwest::Error) -> Self {
        let error = Arc::new(error.without_url());
        if error.is_timeout() {
            Self::Timeout
        } else if error.is_connect() {
            Self::Unreachable(error)
        } else if error.is_builder() {
            Self::BadRequest("the request cannot be built")
        } else {
            Self::Cut(error)
        }
    }
}

/// The root of an outside company's addresses: `https`, or `http` on this machine only (a stand-in).
#[derive(Debug, Clone)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// # Errors
    /// `BadRequest` when the text is no URL, has a path or a query, or would send secrets unencrypted.
    pub fn parse(text: &str) -> Result<Self, OutgoingError> {
        let url = Url::parse(text).map_err(|_| OutgoingError::BadRequest("the base address is not a URL"))?;
        if url.path() != "/"
            || url.query().is_some()
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(OutgoingError::BadRequest("the base address is more than scheme, host and port"));
        }
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_this_machine(&url) => Ok(Self(url)),
            _ => Err(OutgoingError::BadRequest("the base address must be https unless it is this machine")),
        }
    }

    /// The address of `path` (starts with `/`) with its query, encoded.
    #[must_use]
    pub fn at(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// What the `Host` header will say: the port only when it is not the scheme's own.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether this is a stand-in on this machine and not the company.
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        is_this_machine(&self.0)
    }
}

/// Whether what is sent there is encrypted or stays on this machine.
pub fn is_safe_address(text: &str) -> bool {
    Url::parse(text)
        .is_ok_and(|url| url.scheme() == "https" || url.scheme() == "http" && is_this_machine(&url))
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// An answer that came whole, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The same answer, if its status says success.
    ///
    /// # Errors
    /// `Status`.
    pub fn success(self) -> Result<Self, OutgoingError> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(OutgoingError::Status(self.status)) }
    }

    /// What a header says; empty when it is missing or not plain text.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body read as JSON whatever its content type says (WeChat has answered JSON as `text/plain`).
    ///
    /// # Errors
    /// `NotJson`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, OutgoingError> {
        serde_json::from_slice(&self.body).map_err(|error| OutgoingError::NotJson(Arc::new(error)))
    }
}

/// The client for all outgoing calls; a clone shares the connections.
#[derive(Debug, Clone)]
pub struct Outgoing {
    client: Client,
    answer_bytes: usize,
}

impl Outgoing {
    /// # Errors
    /// `Client` when TLS cannot be set up or the proxy is no address.
    #[allow(clippy::disallowed_methods, reason = "the one door")]
    pub fn new(limits: &Limits) -> Result<Self, OutgoingError> {
        let client_error = |error| OutgoingError::Client(Arc::new(error));
        let mut builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            // Before the other side closes it: what is sent into a closing connection is lost.
            .pool_idle_timeout(Duration::from_secs(4))
            .user_agent(concat!("palm/", env!("CARGO_PKG_VERSION")))
            .no_proxy();
        if let Some(proxy) = &limits.proxy {
            builder = builder.proxy(Proxy::all(proxy).map_err(client_error)?);
        }
        let client = builder.build().map_err(client_error)?;
        Ok(Self { client, answer_bytes: limits.answer_bytes })
    }

    /// # Errors
    /// Every `OutgoingError` but `Status` and `NotJson`.
    pub async fn get(&self, url: Url) -> Result<Answer, OutgoingError> {
        self.exchange(self.client.get(url)).await
    }

    /// Sends `body` as JSON.
    ///
    /// # Errors
    /// As `get`; `BadRequest` when `body` cannot be written as JSON.
    pub async fn post_json<B: Serialize>(&self, url: Url, body: &B) -> Result<Answer, OutgoingError> {
        let bytes = serde_json::to_vec(body)
            .map_err(|_| OutgoingError::BadRequest("the body cannot be written as JSON"))?;
        self.post_bytes(url, &[("content-type", "application/json")], bytes).await
    }

    /// Sends exactly these bytes under these headers: what was signed is what is sent.
    ///
    /// # Errors
    /// As `get`; `BadRequest` when a header has letters that a header cannot carry.
    pub async fn post_bytes(
        &self,
        url: Url,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, OutgoingError> {
        self.send(Method::POST, url, headers, body).await
    }

    /// As `post_bytes`, by any method.
    ///
    /// # Errors
    /// As `post_bytes`.
    pub async fn send(
        &self,
        method: Method,
        url: Url,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, OutgoingError> {
        self.exchange(self.client.request(method, url).headers(header_map(headers)?).body(body.into())).await
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<Answer, OutgoingError> {
        let response = request.send().await.map_err(OutgoingError::of)?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status: StatusCode::as_u16(&status), headers, body: self.whole_body(response).await? })
    }

    async fn whole_body(&self, mut response: Response) -> Result<Bytes, OutgoingError> {
        let most = self.answer_bytes;
        if response.content_length().is_some_and(|length| length > most as u64) {
            return Err(OutgoingError::TooLarge(most));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(OutgoingError::of)? {
            if body.len() + chunk.len() > most {
                return Err(OutgoingError::TooLarge(most));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

/// A text, or a number where the document promises a text; ids may exceed what a double can hold.
pub fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(serde::de::Error::custom("neither text nor number")),
    }
}

fn header_map(headers: &[(&str, &str)]) -> Result<HeaderMap, OutgoingError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let (Ok(name), Ok(mut value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        else {
            return Err(OutgoingError::BadRequest("a header has letters that a header cannot carry"));
        };
        value.set_sensitive(name == reqwest::header::AUTHORIZATION);
        map.insert(name, value);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_address_is_encrypted_unless_it_is_this_machine() {
        for good in
            ["https://api.weixin.qq.com", "http://127.0.0.1:8089", "http://localhost:1/", "http://[::1]:8089"]
        {
            assert!(BaseUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://api.weixin.qq.com",
            "http://127.0.0.1.example.com",
            "http://10.0.0.8:80",
            "ftp://127.0.0.1",
            "https://api.weixin.qq.com/sns",
            "https://api.weixin.qq.com/?a=1",
            "https://me:pass@api.weixin.qq.com",
            "no address",
        ] {
            assert!(BaseUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_host_names_the_port_only_when_it_is_unusual() {
        let host = |text| BaseUrl::parse(text).map(|base| base.host()).unwrap_or_default();
        assert_eq!(host("https://sms.tencentcloudapi.com:443"), "sms.tencentcloudapi.com");
        assert_eq!(host("http://127.0.0.1:8089"), "127.0.0.1:8089");
    }

    #[test]
    fn a_query_is_encoded() {
        let base = BaseUrl::parse("https://api.weixin.qq.com").unwrap();
        let url = base.at("/sns/jscode2session", &[("js_code", "a&b=c 丁")]);
        assert_eq!(url.as_str(), "https://api.weixin.qq.com/sns/jscode2session?js_code=a%26b%3Dc+%E4%B8%81");
    }

    #[tokio::test]
    async fn a_closed_port_is_unreachable_and_names_no_address() {
        let outgoing = Outgoing::new(&Limits::default()).unwrap();
        let url = Url::parse("http://127.0.0.1:1/?access_token=SECRET").unwrap();
        let error = outgoing.get(url).await.unwrap_err();
        assert!(matches!(error, OutgoingError::Unreachable(_)), "{error:?}");
        assert!(!error.may_have_happened());
        assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
    }
}
