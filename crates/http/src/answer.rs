//! Answers: a JSON body, and in headers what version and position it tells of.

use annals_core::{Position, StreamVersion};
use axum::Json;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The header that tells the position an answer includes.
const POSITION: HeaderName = HeaderName::from_static("annals-position");

/// An answer to a command or a query.
#[derive(Debug)]
pub struct Answer<T> {
    status: StatusCode,
    headers: HeaderMap,
    body: T,
}

impl<T: Serialize> Answer<T> {
    /// 200 with a body.
    pub fn ok(body: T) -> Self {
        Self {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body,
        }
    }

    /// 201 with a body, and where to find what was made.
    ///
    /// # Panics
    /// When `location` cannot stand in a header: a mistake in the program.
    pub fn created(location: &str, body: T) -> Self {
        Self::at(location, StatusCode::CREATED, body)
    }

    /// 202 with a body, and where to see what becomes of it.
    ///
    /// # Panics
    /// As [`created`](Self::created).
    pub fn accepted(location: &str, body: T) -> Self {
        Self::at(location, StatusCode::ACCEPTED, body)
    }

    fn at(location: &str, status: StatusCode, body: T) -> Self {
        let location = HeaderValue::from_str(location).expect("a location is visible ASCII");
        let mut answer = Self::ok(body);
        answer.status = status;
        answer.headers.insert(LOCATION, location);
        answer
    }

    /// The version it tells of, as `ETag`.
    #[must_use]
    pub fn version(mut self, version: StreamVersion) -> Self {
        let tag = format!("\"{version}\"");
        let tag = HeaderValue::from_str(&tag).expect("a number in quotes is visible ASCII");
        self.headers.insert(ETAG, tag);
        self
    }

    /// The position it includes, as `Annals-Position`.
    #[must_use]
    pub fn position(mut self, position: Position) -> Self {
        self.headers.insert(POSITION, HeaderValue::from(position.0));
        self
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        (self.status, self.headers, Json(self.body)).into_response()
    }
}
