//! Requests with a JSON body, taken apart so that every field can be read.

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

/// A request with a body that is no command on an aggregate: nothing is recorded for it, so there
/// is neither an idempotency key nor a version to match.
#[derive(Debug, Clone)]
pub(crate) struct WithBody<T>(pub(crate) T);

impl<T: FromFields, S: Send + Sync> FromRequest<S> for WithBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (_, _, fields) = take_apart(request, state).await?;
        fields.read().map(Self)
    }
}

/// A request as it arrived, the bytes of its body, and the fields of all of it.
pub(crate) async fn take_apart<S: Send + Sync>(
    request: Request,
    state: &S,
) -> Result<(Parts, Bytes, Fields), Problem> {
    let (mut parts, body) = request.into_parts();
    let fields = Fields::of_parts(&mut parts).await?;
    let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state)
        .await
        .map_err(unreadable_body)?;
    let fields = fields.with_body(read_body(&parts.headers, &bytes)?);
    Ok((parts, bytes, fields))
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
