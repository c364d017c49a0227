//! The parameters that readers of requests read, as OpenAPI tells of them.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::Required;
use utoipa::{IntoParams, PartialSchema};

use crate::command::{Command, IDEMPOTENCY_KEY, IF_MATCH};
use crate::freshness::{Freshness, MIN_POSITION};
use crate::page::PageRequest;

/// A parameter of the query string, which may be missing.
pub fn query_parameter<T: PartialSchema>(name: &str, description: &str) -> Parameter {
    parameter::<T>(ParameterIn::Query, name, description)
}

/// A segment of the path.
pub fn path_parameter<T: PartialSchema>(name: &str, description: &str) -> Parameter {
    let mut parameter = parameter::<T>(ParameterIn::Path, name, description);
    parameter.required = Required::True;
    parameter
}

fn parameter<T: PartialSchema>(place: ParameterIn, name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .description(Some(description))
        .required(Required::False)
        .schema(Some(T::schema()))
        .build()
}

impl<T> IntoParams for Command<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = |name, description| parameter::<String>(ParameterIn::Header, name, description);
        vec![
            header(IDEMPOTENCY_KEY, "A repeat gets the first answer and changes nothing."),
            header(IF_MATCH, "Only if the version is this one, as ETag gives it, or *."),
        ]
    }
}

impl<C> IntoParams for PageRequest<C> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            query_parameter::<u32>("limit", "At most this many rows: 1 to 100, by default 50."),
            query_parameter::<String>("cursor", "The nextCursor of the page before."),
        ]
    }
}

impl IntoParams for Freshness {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "Wait until the answer includes this position, as Annals-Position gives it.";
        vec![
            query_parameter::<u64>("minPosition", description),
            parameter::<u64>(ParameterIn::Header, MIN_POSITION, description),
        ]
    }
}
