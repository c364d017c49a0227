//! Queries: requests whose parameters are in path, query string and headers.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::fields::{Fields, FromFields};
use crate::problem::Problem;

/// The parameters of a request without a body. Unknown ones are refused, since a filter that is
/// misspelt would give an answer to another question.
#[derive(Debug, Clone)]
pub struct Parameters<T>(pub T);

impl<T: FromFields, S: Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Fields::of_parts(parts).await?.read().map(Self)
    }
}
