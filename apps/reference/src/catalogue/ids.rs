//! What a category and a product are known by, and whose stock is held.

use std::str::FromStr;

use annals::http::openapi::path_parameter;
use annals::http::{Fields, FromFields};
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::ids::id_type;

id_type! {
    /// Which product.
    ProductId
}

id_type! {
    /// Which category.
    CategoryId
}

id_type! {
    /// For which order stock is held.
    OrderId
}

/// The `{id}` of the path.
impl FromFields for ProductId {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.path("id", Self::from_str)
    }
}

impl utoipa::IntoParams for ProductId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter(
            "id",
            "Which product.",
            utoipa::schema!(
                #[inline]
                Self
            ),
        )]
    }
}
