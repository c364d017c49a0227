//! Commands: requests with a JSON body, and the headers that say how to carry them out.

use annals_core::{ExpectedVersion, Metadata, StreamVersion};
use annals_runtime::{CommandContext, IdempotencyKey};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;

use crate::fields::{Fields, FromFields};
use crate::object::{JsonValue, Object};
use crate::problem::Problem;
use crate::request_id::RequestContext;

pub(crate) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
pub(crate) const IF_MATCH: &str = "If-Match";
const MAX_KEY: usize = 255;

/// Who asked, as long as nothing checks who it is.
const ANONYMOUS: &str = "anonymous";

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
        let (mut parts, body) = request.into_parts();
        let fields = Fields::of_parts(&mut parts).await?;
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state)
            .await
            .map_err(unreadable_body)?;
        let fields = fields.with_body(read_body(&parts.headers, &bytes)?);
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
        Some(Self {
            key: fields.header(IDEMPOTENCY_KEY, parse_key),
            expected: fields.header(IF_MATCH, parse_if_match),
        })
    }
}

fn parse_key(text: &str) -> Result<String, String> {
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

fn read_body(headers: &HeaderMap, body: &[u8]) -> Result<Object, Problem> {
    match (headers.get(CONTENT_TYPE), body) {
        (None, []) => return Ok(Object::default()),
        (Some(media_type), _) if is_json(media_type.as_bytes()) => {}
        _ => return Err(wrong_media_type()),
    }
    if body.is_empty() {
        return Ok(Object::default());
    }
    let body = std::str::from_utf8(body).map_err(|fault| malformed(&fault.to_string()))?;
    match JsonValue::parse(body).map_err(|fault| malformed(&fault))? {
        JsonValue::Object(object) => Ok(object),
        _ => Err(Problem::invalid(crate::Faults::whole(
            "must be a JSON object",
        ))),
    }
}

/// `application/json`, with or without parameters.
fn is_json(media_type: &[u8]) -> bool {
    let essence = media_type.split(|&byte| byte == b';').next();
    let essence = essence.unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(b"application/json")
}

fn malformed(fault: &str) -> Problem {
    let title = "The body is not JSON that can be read";
    Problem::new(StatusCode::BAD_REQUEST, "malformed-json", title).detail(fault)
}

fn wrong_media_type() -> Problem {
    let title = "The body has the wrong media type";
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        title,
    )
    .detail("send Content-Type: application/json")
}

fn unreadable_body(rejection: BytesRejection) -> Problem {
    match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "The body is too large",
        ),
        _ => Problem::new(
            StatusCode::BAD_REQUEST,
            "incomplete-body",
            "The body could not be read to its end",
        ),
    }
}
