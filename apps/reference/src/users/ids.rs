//! Who a user is.

use std::str::FromStr;

use annals::SubjectId;
use annals::http::openapi::path_parameter;
use annals::http::{Fields, FromFields};
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::ids::id_type;

id_type! {
    /// Which user. It stays readable when they are forgotten, so it must say nothing about them.
    UserId
}

impl UserId {
    /// The user as the one that personal data is about.
    pub fn subject(&self) -> SubjectId {
        SubjectId::new(self.as_str()).expect("every user id can be a subject")
    }
}

/// The `{id}` of the path.
impl FromFields for UserId {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.path("id", Self::from_str)
    }
}

impl utoipa::IntoParams for UserId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter(
            "id",
            "Which user.",
            utoipa::schema!(
                #[inline]
                Self
            ),
        )]
    }
}
