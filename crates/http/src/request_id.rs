//! Which request this is: its id and its trace, in and out, and one line in the access log.

use std::time::Instant;

use annals_core::{IdSource, RandomIds};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACE_STATE: HeaderName = HeaderName::from_static("tracestate");
const MAX_REQUEST_ID: usize = 128;
const MAX_TRACE_STATE: usize = 512;

/// Which request this is. A handler finds it in the request's extensions.
#[derive(Debug, Clone, Default)]
pub struct RequestContext {
    /// Its id: the client's `X-Request-Id`, or a new one when that is missing or unfit.
    pub request_id: String,
    /// The W3C `traceparent` it came with.
    pub trace_parent: Option<String>,
    /// The W3C `tracestate` it came with.
    pub trace_state: Option<String>,
}

/// Tells which request this is to handlers, to the log and in the answer.
pub(crate) async fn identify(mut request: Request, next: Next) -> Response {
    let context = RequestContext::of(request.headers());
    let span = tracing::info_span!(
        "request",
        id = context.request_id,
        method = %request.method(),
        path = request.uri().path(),
    );
    request.extensions_mut().insert(context.clone());
    let started = Instant::now();
    let answered = async {
        let mut response = next.run(request).await;
        context.write_to(response.headers_mut());
        let status = response.status().as_u16();
        tracing::info!(status, micros = started.elapsed().as_micros(), "answered");
        response
    };
    answered.instrument(span).await
}

impl RequestContext {
    fn of(headers: &HeaderMap) -> Self {
        let header = |name| {
            headers
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok())
        };
        let request_id = header(REQUEST_ID).filter(|id| is_request_id(id));
        let request_id = request_id.map_or_else(|| RandomIds.next().to_string(), str::to_owned);
        let trace_parent = header(TRACE_PARENT).filter(|parent| is_trace_parent(parent));
        let trace_state = header(TRACE_STATE)
            .filter(|state| trace_parent.is_some() && state.len() <= MAX_TRACE_STATE);
        Self {
            request_id,
            trace_parent: trace_parent.map(str::to_owned),
            trace_state: trace_state.map(str::to_owned),
        }
    }

    fn write_to(&self, headers: &mut HeaderMap) {
        let written = [
            (REQUEST_ID, Some(&self.request_id)),
            (TRACE_PARENT, self.trace_parent.as_ref()),
            (TRACE_STATE, self.trace_state.as_ref()),
        ];
        for (name, value) in written {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        }
    }
}

fn is_request_id(text: &str) -> bool {
    (1..=MAX_REQUEST_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `00-<trace id>-<parent id>-<flags>`, in lower-case hexadecimal, neither id all zeros.
fn is_trace_parent(text: &str) -> bool {
    let is_hex = |part: &str, length| {
        part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_id = |part: &str, length| is_hex(part, length) && part.bytes().any(|b| b != b'0');
    let parts: Vec<_> = text.split('-').collect();
    match parts[..] {
        ["00", trace, parent, flags] => is_id(trace, 32) && is_id(parent, 16) && is_hex(flags, 2),
        _ => false,
    }
}
