//! What is in an order.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use annals::{ColumnKind, ColumnValue, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::OrderError;
use crate::catalogue::ProductId;
use crate::money::{Currency, Money};

/// Most different products of one order.
pub(super) const MOST_LINES: usize = 100;

/// Most of one product.
pub(super) const MOST_OF_A_PRODUCT: u32 = 10_000;

/// So many of a product.
#[derive(Serialize, Deserialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Which one.
    pub product_id: ProductId,
    /// How many.
    pub quantity: NonZeroU32,
}

/// How many of a product, and what one of it costs.
#[derive(Serialize, Deserialize, JsonSchema, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// How many.
    pub quantity: NonZeroU32,
    /// What one of it cost when some of it was added last.
    pub unit_price: Money,
}

/// What is in an order, by product.
#[derive(Serialize, Deserialize, JsonSchema, Debug, Clone, Default, PartialEq, Eq)]
#[serde(transparent)]
pub struct Items(BTreeMap<ProductId, Item>);

/// An item as it is answered.
#[derive(Serialize, ToSchema, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(super) struct ItemView {
    product_id: ProductId,
    quantity: u32,
    unit_price: Money,
    total: Money,
}

impl Items {
    /// True if there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if there is some of a product.
    pub fn contains(&self, product: &ProductId) -> bool {
        self.0.contains_key(product)
    }

    /// The same with more of a product, all of which costs `unit_price` from now on.
    #[must_use]
    pub fn with(mut self, product: &ProductId, quantity: NonZeroU32, unit_price: Money) -> Self {
        let before = self.0.get(product).map(|item| item.quantity);
        let quantity = before.map_or(quantity, |before| before.saturating_add(quantity.get()));
        let item = Item {
            quantity,
            unit_price,
        };
        self.0.insert(product.clone(), item);
        self
    }

    /// The same without a product.
    #[must_use]
    pub fn without(mut self, product: &ProductId) -> Self {
        self.0.remove(product);
        self
    }

    /// How many of what, by product.
    pub fn lines(&self) -> Vec<Line> {
        let lines = self.0.iter().map(|(product_id, item)| Line {
            product_id: product_id.clone(),
            quantity: item.quantity,
        });
        lines.collect()
    }

    /// What all of it costs: nothing, in US dollars, as long as there is nothing.
    pub fn total(&self) -> Money {
        let minor = self.total_minor();
        // No rule of today lets it overflow; a fact of other times must not stop the replay.
        let minor = i64::try_from(minor).unwrap_or(i64::MAX);
        Money::of_minor(minor, self.currency().unwrap_or(Currency::USD))
    }

    /// In which currency it is paid; `None` as long as there is nothing.
    pub fn currency(&self) -> Option<Currency> {
        let first = self.0.values().next();
        first.map(|item| item.unit_price.currency)
    }

    /// Checks that an order may have all of it.
    pub(super) fn check(&self) -> Result<(), OrderError> {
        if self.0.len() > MOST_LINES {
            return Err(OrderError::TooManyLines { most: MOST_LINES });
        }
        let mut items = self.0.iter();
        if let Some((product, _)) = items.find(|(_, it)| it.quantity.get() > MOST_OF_A_PRODUCT) {
            return Err(OrderError::TooManyOfProduct {
                product_id: product.clone(),
                most: MOST_OF_A_PRODUCT,
            });
        }
        let total = self.total();
        if total.minor > Money::MAX_MINOR {
            let most = Money::of_minor(Money::MAX_MINOR, total.currency);
            return Err(OrderError::TotalLimit { most });
        }
        Ok(())
    }

    /// The items as they are answered.
    pub(super) fn views(&self) -> Vec<ItemView> {
        let views = self.0.iter().map(|(product_id, item)| ItemView {
            product_id: product_id.clone(),
            quantity: item.quantity.get(),
            unit_price: item.unit_price,
            total: Self::default()
                .with(product_id, item.quantity, item.unit_price)
                .total(),
        });
        views.collect()
    }

    fn total_minor(&self) -> i128 {
        let prices = self.0.values().map(|item| {
            i128::from(item.unit_price.minor) * i128::from(item.quantity.get())
        });
        prices.sum()
    }
}

impl ColumnValue for Items {
    const KIND: ColumnKind = ColumnKind::Json;

    fn to_value(&self) -> Value {
        let json = serde_json::to_value(self);
        json.expect("items have a JSON form").to_value()
    }

    fn from_value(value: Value) -> Option<Self> {
        serde_json::from_value(serde_json::Value::from_value(value)?).ok()
    }
}
