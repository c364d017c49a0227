//! Money and amounts, as OpenAPI tells of them.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{Amount, Money, WrittenMoney};

impl PartialSchema for Money {
    fn schema() -> RefOr<Schema> {
        WrittenMoney::schema()
    }
}

impl ToSchema for Money {
    fn name() -> Cow<'static, str> {
        WrittenMoney::name()
    }
}

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        let form = |kind, example: serde_json::Value| {
            ObjectBuilder::new().schema_type(kind).examples([example])
        };
        OneOfBuilder::new()
            .description(Some(
                "Greater than zero, at most two fraction digits. In USD if it names no currency.",
            ))
            .item(Ref::from_schema_name(WrittenMoney::name()))
            .item(form(Type::Number, 1000.5.into()))
            .item(form(Type::String, "1000.00".into()))
            .into()
    }
}

impl ToSchema for Amount {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Amount")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((WrittenMoney::name().into_owned(), WrittenMoney::schema()));
    }
}
