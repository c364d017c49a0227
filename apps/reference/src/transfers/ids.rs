//! Which transfer.

use std::str::FromStr;

use annals::http::openapi::path_parameter;
use annals::http::{Fields, FromFields};
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::accounts::Reference;
use crate::ids::id_type;

id_type! {
    /// Which transfer.
    TransferId
}

impl TransferId {
    /// What its payments are part of.
    pub fn reference(&self) -> Reference {
        Reference::to("transfer", self.as_str())
    }
}

/// The `{id}` of the path.
impl FromFields for TransferId {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.path("id", Self::from_str)
    }
}

impl utoipa::IntoParams for TransferId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter(
            "id",
            "Which transfer.",
            utoipa::schema!(
                #[inline]
                Self
            ),
        )]
    }
}
