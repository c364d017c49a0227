//! How calls are sent: over connections that are kept, to a server whose certificate is verified.

use std::error::Error;
use std::time::Duration;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as HyperClient, Error as HyperError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};

use super::WebhookUrl;
use super::addresses::Addresses;
use super::answer::Answer;
use super::hosts::AllowedHosts;
use crate::error::DestinationError;

/// Nobody is waited for longer who does not even take the connection.
const CONNECTED_WITHIN: Duration = Duration::from_secs(5);

/// The headers of an answer are no longer than this.
const ANSWER_BYTES: usize = 16 * 1024;

/// A connection that was not used for so long is closed.
const IDLE_FOR: Duration = Duration::from_secs(30);

/// Sends requests, to allowed hosts alone. It follows no redirection.
pub(super) struct Client(HyperClient<HttpsConnector<HttpConnector<Addresses>>, Full<Bytes>>);

impl Client {
    /// A client that trusts whom this machine trusts, if the URL asks for trust.
    pub(super) fn for_url(url: &WebhookUrl) -> Result<Self, DestinationError> {
        let roots = match url.is_encrypted() {
            true => of_system()?,
            false => RootCertStore::empty(),
        };
        Ok(Self::trusting(roots, url.allowed().clone()))
    }

    fn trusting(roots: RootCertStore, allowed: AllowedHosts) -> Self {
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
            .wrap_connector(connector(allowed));
        let client = HyperClient::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_FOR)
            .http1_max_buf_size(ANSWER_BYTES)
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

fn connector(allowed: AllowedHosts) -> HttpConnector<Addresses> {
    let mut connector = HttpConnector::new_with_resolver(Addresses::of(allowed));
    connector.set_connect_timeout(Some(CONNECTED_WITHIN));
    // Which schemes there may be, the URL was asked.
    connector.enforce_http(false);
    connector
}

fn of_system() -> Result<RootCertStore, DestinationError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable > 0 {
        return Ok(roots);
    }
    let faults: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
    Err(DestinationError::NoRoots(faults.join("; ")))
}

#[cfg(test)]
mod tests;
