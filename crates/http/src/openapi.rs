//! The parameters that readers of requests read, as OpenAPI tells of them.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr, Required, Schema};
use utoipa::{IntoParams, PartialSchema};

use crate::command::{Command, IDEMPOTENCY_KEY, IF_MATCH, RequestKey};
use crate::freshness::{
    FRESHNESS_PARAMETER, Freshness, MAX_AGE_PARAMETER, MIN_POSITION, MIN_POSITION_PARAMETER,
};
use crate::page::PageRequest;

/// What the document calls the bearer token.
const BEARER: &str = "bearer";

/// Says that every route of a document wants the bearer token.
pub(crate) fn require_bearer_token(document: &mut OpenApi) {
    let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(BEARER, scheme);
    for path in document.paths.paths.values_mut() {
        let methods = [&mut path.get, &mut path.post, &mut path.delete];
        for operation in methods.into_iter().flatten() {
            let requirement = SecurityRequirement::new(BEARER, [""; 0]);
            operation.security = Some(vec![requirement]);
        }
    }
}

/// A parameter of the query string, which may be missing.
pub fn query_parameter(
    name: &str,
    description: &str,
    schema: impl Into<RefOr<Schema>>,
) -> Parameter {
    parameter(ParameterIn::Query, name, description, schema)
}

/// A segment of the path.
pub fn path_parameter(
    name: &str,
    description: &str,
    schema: impl Into<RefOr<Schema>>,
) -> Parameter {
    let mut parameter = parameter(ParameterIn::Path, name, description, schema);
    parameter.required = Required::True;
    parameter
}

fn parameter(
    place: ParameterIn,
    name: &str,
    description: &str,
    schema: impl Into<RefOr<Schema>>,
) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .description(Some(description))
        .required(Required::False)
        .schema(Some(schema))
        .build()
}

impl<T> IntoParams for Command<T> {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = RequestKey::into_params(parameter_in);
        parameters.push(header(
            IF_MATCH,
            "Only if the version is this one, as ETag gives it, or *.",
        ));
        parameters
    }
}

impl IntoParams for RequestKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![header(
            IDEMPOTENCY_KEY,
            "A repeat gets the first answer and changes nothing.",
        )]
    }
}

pub(crate) fn header(name: &str, description: &str) -> Parameter {
    parameter(ParameterIn::Header, name, description, String::schema())
}

impl<C> IntoParams for PageRequest<C> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            query_parameter(
                "limit",
                "At most this many rows: 1 to 100, by default 50.",
                u32::schema(),
            ),
            query_parameter(
                "cursor",
                "The nextCursor of the page before.",
                String::schema(),
            ),
        ]
    }
}

impl IntoParams for Freshness {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let position = "Wait until the answer includes this position, as Annals-Position gives it.";
        vec![
            query_parameter(MIN_POSITION_PARAMETER, position, u64::schema()),
            parameter(ParameterIn::Header, MIN_POSITION, position, u64::schema()),
            query_parameter(
                FRESHNESS_PARAMETER,
                "current: wait until the answer includes all that is recorded by now. Not with \
                 another way to say how new it must be.",
                current_only(),
            ),
            query_parameter(
                MAX_AGE_PARAMETER,
                "Wait until the answer includes all that was recorded so many milliseconds ago. \
                 Not with another way to say how new it must be.",
                u64::schema(),
            ),
        ]
    }
}

fn current_only() -> Schema {
    let word = ObjectBuilder::new().schema_type(Type::String);
    word.enum_values(Some(["current"])).into()
}
