//! Who an account is, and whose.

use std::str::FromStr;

use annals::http::openapi::path_parameter;
use annals::http::{Fields, FromFields};
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::ids::id_type;

id_type! {
    /// Which account: free text, which may hold the separator of stream names, as `acc-123` does.
    AccountId
}

id_type! {
    /// Whose account.
    OwnerId
}

/// The `{id}` of the path.
impl FromFields for AccountId {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.path("id", Self::from_str)
    }
}

impl utoipa::IntoParams for AccountId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter(
            "id",
            "Which account.",
            utoipa::schema!(
                #[inline]
                Self
            ),
        )]
    }
}
