//! Problems: every error as `application/problem+json` (RFC 9457).

use std::borrow::Cow;
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::faults::{Fault, Faults};

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What went wrong, for the one who asked.
///
/// ```
/// # use annals_http::Problem;
/// # use axum::http::StatusCode;
/// Problem::new(StatusCode::CONFLICT, "account-closed", "The account is closed")
///     .detail("account acc-123 was closed on 2024-01-15")
///     .with("accountId", "acc-123");
/// ```
#[derive(Debug, Clone)]
pub struct Problem {
    // Boxed: it travels in the Err of every handler.
    document: Box<Document>,
    headers: HeaderMap,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
struct Document {
    /// Stable name of the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:annals:problem:invalid-request")]
    kind: String,
    /// The kind of problem, for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Every bad field of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    #[serde(flatten)]
    extensions: Map<String, Value>,
}

impl Problem {
    /// A problem of the kind `urn:annals:problem:<kind>`; the title is the same for all of its kind.
    pub fn new(status: StatusCode, kind: &str, title: &'static str) -> Self {
        let document = Document {
            kind: format!("urn:annals:problem:{kind}"),
            title,
            status: status.as_u16(),
            detail: None,
            errors: Vec::new(),
            extensions: Map::new(),
        };
        Self {
            document: Box::new(document),
            headers: HeaderMap::new(),
        }
    }

    /// A request with bad fields.
    pub fn invalid(faults: Faults) -> Self {
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-request",
            "The request is not valid",
        );
        problem.document.errors = faults.into_vec();
        problem.detail("see errors for every bad field")
    }

    /// Something that is not there.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found").detail(detail)
    }

    /// A failure on our side. Its cause goes to the log and nowhere else.
    pub fn internal(cause: &dyn std::error::Error) -> Self {
        tracing::error!(cause = %Chain(cause), "request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on our side",
        )
    }

    /// Something that we depend on and that does not answer now. Its cause goes to the log.
    pub fn unavailable(cause: &dyn std::error::Error) -> Self {
        tracing::warn!(cause = %Chain(cause), "request could not be served now");
        Self::try_later("unavailable", "The service cannot answer now")
    }

    /// A request that may succeed when it is sent again after a second.
    pub fn try_later(kind: &str, title: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, kind, title).retry_after(Duration::from_secs(1))
    }

    /// What happened this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.document.detail = Some(detail.into());
        self
    }

    /// One more member of the document, for programs.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let extensions = &mut self.document.extensions;
        extensions.insert(name.to_owned(), value.into());
        self
    }

    /// When it is worth trying again, in whole seconds.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        let seconds = HeaderValue::from(wait.as_secs().max(1));
        self.headers.insert(RETRY_AFTER, seconds);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.document).expect("a document has only text keys");
        let content_type = [(CONTENT_TYPE, MEDIA_TYPE)];
        let status = StatusCode::from_u16(self.document.status);
        let status = status.expect("the document was made from a status");
        (status, self.headers, content_type, body).into_response()
    }
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        Document::schema()
    }
}

impl ToSchema for Problem {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Problem")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Document::schemas(schemas);
    }
}

/// An error with everything that caused it.
struct Chain<'e>(&'e dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}
