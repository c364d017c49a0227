//! The webhook: everything that happens to accounts, posted to one URL.
//!
//! `url` says where it may go, `secret` how it is signed, `client` how it is sent, and `answer` what
//! comes back means.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use annals::{
    Aggregate, Bytes, Clock, Effect, EffectError, EffectKey, EffectStart, Event, Position,
    Recorded, SystemClock, Timestamp,
};
use async_trait::async_trait;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{CONTENT_TYPE, USER_AGENT};
use serde::Serialize;

use crate::accounts::{Account, AccountEvent};

use client::Client;
pub use secret::WebhookSecret;
pub use url::WebhookUrl;

mod answer;
mod client;
mod secret;
mod url;

/// How the receiver sees who calls.
const AGENT: &str = concat!("annals-reference/", env!("CARGO_PKG_VERSION"));

/// For how long a call is repeated unless it is said otherwise: a day.
const GIVES_UP_AFTER: Duration = Duration::from_secs(24 * 3_600);

/// Posts each event of an account to a URL, at least once, in the order of the account.
///
/// The answer 2xx acknowledges it, and its body is not read. What a repeat of the same call can mend
/// (408, 425, 429, 5xx, no answer within ten seconds) is repeated for a day, not before the receiver
/// wants it. Any other answer is a refusal, a redirection too. What is refused, or not acknowledged
/// for a day, is parked with what happens to the account afterwards; other accounts go on.
pub struct Webhook {
    url: WebhookUrl,
    secret: Option<WebhookSecret>,
    client: Client,
    clock: Arc<dyn Clock>,
    gives_up_after: Duration,
}

/// What is posted.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(rename = "type")]
    event_type: &'a str,
    account: &'a str,
    position: Position,
    happened_at: Timestamp,
    data: serde_json::Value,
}

impl Webhook {
    /// A webhook that posts to a URL. With a secret, every call is signed.
    ///
    /// # Errors
    /// [`WebhookError::NoRoots`] when it could trust no server.
    pub fn new(url: WebhookUrl, secret: Option<WebhookSecret>) -> Result<Self, WebhookError> {
        Ok(Self {
            client: Client::for_url(&url)?,
            url,
            secret,
            clock: Arc::new(SystemClock),
            gives_up_after: GIVES_UP_AFTER,
        })
    }

    /// The same, that repeats a call for so long.
    #[must_use]
    pub fn giving_up_after(mut self, gives_up_after: Duration) -> Self {
        self.gives_up_after = gives_up_after;
        self
    }

    fn request(&self, message: &Message<'_>, key: EffectKey) -> Request<Full<Bytes>> {
        let body = serde_json::to_vec(message).expect("texts, numbers and JSON have a JSON form");
        let id = key.to_string();
        let mut request = Request::post(self.url.uri().clone())
            .header(USER_AGENT, AGENT)
            .header(CONTENT_TYPE, "application/json")
            .header("idempotency-key", &id);
        if let Some(secret) = &self.secret {
            let sent_at = self.clock.now().as_second();
            let signature = secret.sign(&id, sent_at, &body);
            request = request
                .header("webhook-id", &id)
                .header("webhook-timestamp", sent_at)
                .header("webhook-signature", signature);
        }
        let request = request.body(Full::from(body));
        request.expect("the URL and all headers are made of valid parts")
    }
}

#[async_trait]
impl Effect for Webhook {
    type Event = AccountEvent;
    const NAME: &'static str = "webhook";
    const CATEGORIES: &'static [&'static str] = &[Account::CATEGORY];
    const START: EffectStart = EffectStart::Now;

    fn gives_up_after(&self) -> Option<Duration> {
        Some(self.gives_up_after)
    }

    async fn perform(
        &self,
        event: &Recorded<AccountEvent>,
        key: EffectKey,
    ) -> Result<(), EffectError> {
        let data = event.event.encode().map_err(EffectError::event)?;
        let message = Message {
            event_type: event.event.schema().name,
            account: event.record.stream.id(),
            position: event.record.position,
            happened_at: event.record.happened_at(),
            data: serde_json::from_slice(&data).map_err(EffectError::event)?,
        };
        let answer = self.client.send(self.request(&message, key)).await;
        answer
            .map_err(EffectError::transient)?
            .judge(self.clock.now())
    }
}

/// Why a webhook cannot be called at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// It is nowhere that events may be sent to. It is not shown, as it may hold a secret.
    /// **Do:** give a URL that is encrypted, or of this machine.
    #[error(
        "the URL of --webhook must be https://host/path without a user, \
         or http:// to this machine itself, such as http://127.0.0.1:9000/"
    )]
    Url,

    /// The text is no secret of a webhook. It is not shown.
    /// **Do:** make one, for example by `echo whsec_$(openssl rand -base64 32)`.
    #[error("the secret of --webhook must be whsec_ and then 24 to 64 bytes in base64")]
    Secret,

    /// The file with the secret cannot be read.
    /// **Do:** check its path and its rights.
    #[error("webhook secret file {path}: {source}")]
    SecretFile {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },

    /// There are two secrets, and it is not said which one counts.
    /// **Do:** take one away.
    #[error("ANNALS_WEBHOOK_SECRET and --webhook-secret-file both give a secret: keep one of them")]
    TwoSecrets,

    /// This machine names nobody whose certificates are to be trusted.
    /// **Do:** install the certificates of the usual authorities.
    #[error("no certificate authorities are known to this machine: {0}")]
    NoRoots(String),
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}
