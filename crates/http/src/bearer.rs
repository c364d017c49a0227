//! A bearer token (RFC 6750): a secret that whoever calls has to show.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use crate::problem::Problem;

const SHORTEST: usize = 16;
const LONGEST: usize = 512;

/// A secret that whoever calls has to show, as `Authorization: Bearer <token>`.
#[derive(Clone)]
pub struct BearerToken(Arc<str>);

/// A text that cannot be a token.
/// **Do:** make one at random, such as by `openssl rand -hex 32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token must be {SHORTEST} to {LONGEST} visible ASCII characters without spaces")]
pub struct UnfitToken;

impl BearerToken {
    /// True if the headers of a request show it. How long that takes tells the length of the token,
    /// and nothing else of it.
    fn is_shown_in(&self, headers: &HeaderMap) -> bool {
        let header = headers.get(AUTHORIZATION).map(|value| value.as_bytes());
        let (scheme, shown) = header
            .unwrap_or_default()
            .split_at_checked(7)
            .unwrap_or_default();
        scheme.eq_ignore_ascii_case(b"bearer ") && self.0.as_bytes().ct_eq(shown).into()
    }
}

impl FromStr for BearerToken {
    type Err = UnfitToken;

    fn from_str(text: &str) -> Result<Self, UnfitToken> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        match text.len() {
            SHORTEST..=LONGEST if visible => Ok(Self(text.into())),
            _ => Err(UnfitToken),
        }
    }
}

impl std::fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BearerToken(…)")
    }
}

/// Lets a request through that shows the token; any other is answered 401.
pub(crate) async fn require_token(
    State(token): State<BearerToken>,
    request: Request,
    next: Next,
) -> Response {
    if token.is_shown_in(request.headers()) {
        return next.run(request).await;
    }
    let title = "A bearer token is required";
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", title)
        .detail("send Authorization: Bearer, and the token of the operations");
    ([(WWW_AUTHENTICATE, "Bearer")], problem).into_response()
}
