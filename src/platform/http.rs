//! The one door for outgoing HTTP: no redirects, short time-outs, answers of bounded size.
use std::time::Duration;

use reqwest::{Client, RequestBuilder, redirect};

const LARGEST: usize = 1 << 20;

/// A client for outside services.
#[derive(Debug, Clone)]
pub struct Outgoing(Client);

#[derive(Debug, thiserror::Error)]
pub enum OutgoingError {
    #[error("no answer in time")]
    Timeout,
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    #[error("answered HTTP {0}")]
    Status(u16),
    #[error("answered with more than is allowed")]
    TooLarge,
    #[error("the answer is not the JSON that was agreed")]
    NotJson,
}

impl Outgoing {
    pub fn new() -> Result<Self, OutgoingError> {
        #[allow(clippy::disallowed_methods, reason = "this is the door")]
        let builder = Client::builder();
        builder
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(2))
            .timeout(Duration::from_millis(2500))
            .build()
            .map(Self)
            .map_err(|e| OutgoingError::Unreachable(e.to_string()))
    }
    pub fn get(&self, url: &str) -> RequestBuilder {
        self.0.get(url)
    }
    pub fn post(&self, url: &str) -> RequestBuilder {
        self.0.post(url)
    }
}

/// Sends and reads JSON, whatever content type it claims.
pub async fn json<T: serde::de::DeserializeOwned>(request: RequestBuilder) -> Result<T, OutgoingError> {
    let mut response = request.send().await.map_err(of_transport)?;
    let status = response.status();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(of_transport)? {
        if bytes.len() + chunk.len() > LARGEST {
            return Err(OutgoingError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    if !status.is_success() {
        return Err(OutgoingError::Status(status.as_u16()));
    }
    serde_json::from_slice(&bytes).map_err(|_| OutgoingError::NotJson)
}

fn of_transport(e: reqwest::Error) -> OutgoingError {
    // The address may hold secrets: WeChat takes its own in the query.
    if e.is_timeout() {
        OutgoingError::Timeout
    } else {
        OutgoingError::Unreachable(e.without_url().to_string())
    }
}
