//! Which order, as a path names it.

use std::str::FromStr;

use annals::http::openapi::path_parameter;
use annals::http::{Fields, FromFields};
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::OrderId;

/// The `{id}` of the path.
impl FromFields for OrderId {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.path("id", Self::from_str)
    }
}

impl utoipa::IntoParams for OrderId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter(
            "id",
            "Which order.",
            utoipa::schema!(
                #[inline]
                Self
            ),
        )]
    }
}
