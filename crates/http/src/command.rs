//! Commands: requests with a JSON body, and the headers that say how to carry them out.

use annals_core::{ExpectedVersion, Metadata, StreamVersion};
use annals_runtime::{CommandContext, IdempotencyKey};
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;

use crate::body::take_apart;
use crate::fields::{Fields, FromFields};
use crate::problem::Problem;
use crate::request_id::RequestContext;

pub(crate) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
pub(crate) const IF_MATCH: &str = "If-Match";
const MAX_KEY: usize = 255;

/// What the keys of sagas begin with. They can be foretold, and who used one first would keep the saga
/// from ever being answered.
const OF_SAGAS: &str = "Saga:";

/// Who asked, as long as nothing checks who it is.
pub(crate) const ANONYMOUS: &str = "anonymous";

/// A command that arrived: what is asked, and how it is to be carried out.
///
/// - `Idempotency-Key`: a repeat gets the first answer and appends nothing;
/// - `If-Match: "<version>"` or `*`: only if that is the version, or there is any;
/// - `X-Request-Id` and `traceparent` are kept in the metadata of the events.
///
/// A body is JSON with `Content-Type: application/json`, or empty where no field is required.
#[derive(Debug, Clone)]
pub struct Command<T> {
    /// What is asked.
    pub request: T,
    /// How it is to be carried out.
    pub context: CommandContext,
}

impl<T: FromFields, S: Send + Sync> FromRequest<S> for Command<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, bytes, fields) = take_apart(request, state).await?;
        let (request, Headers { key, expected }) = fields.read()?;
        let context = CommandContext {
            metadata: metadata(&parts),
            idempotency: key.map(|key| IdempotencyKey::new(key, &fingerprinted(&parts, &bytes))),
            expected,
        };
        Ok(Self { request, context })
    }
}

/// The headers of a command.
struct Headers {
    key: Option<String>,
    expected: Option<ExpectedVersion>,
}

impl FromFields for Headers {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let RequestKey(key) = RequestKey::from_fields(fields)?;
        let expected = fields.header(IF_MATCH, parse_if_match);
        Some(Self { key, expected })
    }
}

/// The `Idempotency-Key` of a request, if it has one.
#[derive(Debug, Clone)]
pub(crate) struct RequestKey(pub(crate) Option<String>);

impl FromFields for RequestKey {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self(fields.header(IDEMPOTENCY_KEY, parse_key)))
    }
}

fn parse_key(text: &str) -> Result<String, String> {
    if text.starts_with(OF_SAGAS) {
        return Err(format!("must not begin with {OF_SAGAS}"));
    }
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    match text.len() {
        1..=MAX_KEY if visible => Ok(text.to_owned()),
        _ => Err(format!(
            "must be 1 to {MAX_KEY} visible ASCII characters without spaces"
        )),
    }
}

fn parse_if_match(text: &str) -> Result<ExpectedVersion, &'static str> {
    if text == "*" {
        return Ok(ExpectedVersion::Exists);
    }
    let version = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .and_then(|text| text.parse().ok());
    version
        .map(|version| ExpectedVersion::from(StreamVersion(version)))
        .ok_or("must be * or one version in quotes, as ETag gives it: \"3\"")
}

fn metadata(parts: &Parts) -> Metadata {
    let context = parts.extensions.get::<RequestContext>().cloned();
    let RequestContext {
        request_id,
        trace_parent,
        trace_state,
    } = context.unwrap_or_default();
    Metadata {
        correlation: Some(request_id.clone()),
        causation: Some(request_id),
        actor: Some(ANONYMOUS.to_owned()),
        trace_parent,
        trace_state,
        ..Metadata::default()
    }
}

/// What two requests under one key must have in common.
fn fingerprinted(parts: &Parts, body: &[u8]) -> Vec<u8> {
    let address = format!("{} {}\n", parts.method, parts.uri.path());
    [address.as_bytes(), body].concat()
}
