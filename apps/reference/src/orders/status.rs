//! How far an order is.
//!
//! ```text
//!          submit          (checkout)        ship            deliver
//!   draft ───────▶ pending ─────────▶ paid ───────▶ shipped ───────▶ delivered
//!     │               │                │
//!     └───────────────┴─── cancel ─────┴──▶ cancelled
//! ```

use annals::{ColumnKind, ColumnValue, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far an order is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// It can be changed.
    #[default]
    Draft,
    /// It waits to be paid, or is being paid.
    Pending,
    /// It is paid.
    Paid,
    /// It is on its way.
    Shipped,
    /// It has arrived.
    Delivered,
    /// It will not be delivered.
    Cancelled,
}

const ALL: [OrderStatus; 6] = [
    OrderStatus::Draft,
    OrderStatus::Pending,
    OrderStatus::Paid,
    OrderStatus::Shipped,
    OrderStatus::Delivered,
    OrderStatus::Cancelled,
];

impl OrderStatus {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }
}

impl std::fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// Reads the word for it.
impl std::str::FromStr for OrderStatus {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = ALL.into_iter().find(|status| status.word() == word);
        found.ok_or("must be draft, pending, paid, shipped, delivered or cancelled")
    }
}

impl ColumnValue for OrderStatus {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.word().to_owned())
    }

    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value)?.parse().ok()
    }
}
