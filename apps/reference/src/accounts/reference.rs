//! What a payment is part of.

use std::fmt;

use annals::{ColumnKind, ColumnValue, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a payment is part of: `transfer/<id>`, `order/<id>`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = String, example = "transfer/t-1")]
pub struct Reference(String);

impl Reference {
    /// To the one of its kind that has this id.
    pub fn to(kind: &str, id: &str) -> Self {
        Self(format!("{kind}/{id}"))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ColumnValue for Reference {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.0.clone())
    }

    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value).map(Self)
    }
}
