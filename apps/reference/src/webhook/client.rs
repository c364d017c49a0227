//! How calls are sent: over connections that are kept, to a server whose certificate is verified.

use std::error::Error;
use std::time::Duration;

use annals::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as HyperClient, Error as HyperError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};

use super::answer::Answer;
use super::{WebhookError, WebhookUrl};

/// A connection that was not used for so long is closed.
const IDLE_FOR: Duration = Duration::from_secs(30);

/// Sends requests. It follows no redirection.
pub(super) struct Client(HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Client {
    /// A client that trusts whom this machine trusts, if the URL asks for trust.
    pub(super) fn for_url(url: &WebhookUrl) -> Result<Self, WebhookError> {
        let roots = match url.is_encrypted() {
            true => of_system()?,
            false => RootCertStore::empty(),
        };
        Ok(Self::trusting(roots))
    }

    fn trusting(roots: RootCertStore) -> Self {
        let provider = rustls::crypto::ring::default_provider();
        let tls = ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .expect("the provider has the cipher suites of TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        let client = HyperClient::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_FOR)
            .build(connector);
        Self(client)
    }

    /// Sends a request, and tells what came back. The body is not waited for, however long or large it
    /// is.
    pub(super) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, NoAnswer> {
        let answer = self.0.request(request).await;
        answer
            .map(|answer| Answer::new(answer.status(), answer.headers()))
            .map_err(|error| NoAnswer::of(&error))
    }
}

/// The request may have arrived; no answer has.
#[derive(Debug, thiserror::Error)]
#[error("the webhook did not answer: {0}")]
pub(super) struct NoAnswer(String);

impl NoAnswer {
    /// With all causes: the first says no more than that there are some.
    fn of(error: &HyperError) -> Self {
        let causes = std::iter::successors(error.source(), |&cause| cause.source());
        let told = causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"));
        Self(told)
    }
}

fn of_system() -> Result<RootCertStore, WebhookError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable > 0 {
        return Ok(roots);
    }
    let faults: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
    Err(WebhookError::NoRoots(faults.join("; ")))
}

#[cfg(test)]
mod tests;
