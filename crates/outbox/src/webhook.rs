//! Webhooks: each event posted to one URL, at least once, under a key that tells a repeat.
//!
//! `url` says where one may go, by the `hosts` that are allowed, and `addresses` where a name leads;
//! `secret` is how calls are signed, `client` how they are sent, and `answer` what comes back means.

use std::fmt;
use std::sync::Arc;

use annals_core::{Clock, EffectError, EffectKey, SystemClock};
use async_trait::async_trait;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, USER_AGENT};

use crate::cloud_event::STRUCTURED;
use crate::destination::{Destination, Message};
use crate::error::DestinationError;

use client::Client;
pub use hosts::AllowedHosts;
pub use secret::WebhookSecret;
pub use url::WebhookUrl;

mod addresses;
mod answer;
mod client;
mod hosts;
mod secret;
mod url;

/// How the receiver sees who calls.
const AGENT: &str = concat!("annals/", env!("CARGO_PKG_VERSION"));

/// A URL that each message is posted to, at least once, as a structured CloudEvent: what is signed is the
/// body, so all of the event is in it.
///
/// Each call carries its [`EffectKey`] as `idempotency-key`, the same for every repeat. The answer 2xx
/// acknowledges it, and its body is not read. What a repeat of the same call can mend (408, 425, 429,
/// 5xx, no answer in time) is repeated, not before the receiver wants it. Any other answer is a
/// refusal, a redirection too.
pub struct Webhook {
    url: WebhookUrl,
    secret: Option<WebhookSecret>,
    client: Client,
    clock: Arc<dyn Clock>,
}

impl Webhook {
    /// A webhook that posts to a URL. With a secret, every call is signed.
    ///
    /// # Errors
    /// [`DestinationError::NoRoots`] when it could trust no server.
    pub fn new(url: WebhookUrl, secret: Option<WebhookSecret>) -> Result<Self, DestinationError> {
        Ok(Self {
            client: Client::for_url(&url)?,
            url,
            secret,
            clock: Arc::new(SystemClock),
        })
    }

    fn request(&self, message: &Message, key: EffectKey) -> Request<Full<Bytes>> {
        let body = message.event.to_json();
        let id = key.to_string();
        let mut request = Request::post(self.url.uri().clone())
            .header(USER_AGENT, AGENT)
            .header(CONTENT_TYPE, STRUCTURED)
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
impl Destination for Webhook {
    async fn deliver(&self, message: &Message, key: EffectKey) -> Result<(), EffectError> {
        let answer = self.client.send(self.request(message, key)).await;
        answer
            .map_err(EffectError::transient)?
            .judge(self.clock.now())
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}
