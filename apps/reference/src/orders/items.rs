//! What is in an order.

use std::num::NonZeroU32;

use annals::{ColumnKind, ColumnValue, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::OrderError;
use crate::catalogue::{ProductId, ReserveStock};
use crate::money::{Currency, Money};

/// Most different products of one order: as many as its checkout can have reserved.
pub(super) const MOST_LINES: usize = ReserveStock::MOST_LINES;

/// Most of one product, likewise.
pub(super) const MOST_OF_A_PRODUCT: u32 = ReserveStock::MOST_OF_A_LINE;

/// So many of a product.
#[derive(Serialize, Deserialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Which one.
    pub product_id: ProductId,
    /// How many.
    pub quantity: NonZeroU32,
}

/// So many of a product, and what one of it costs.
#[derive(Serialize, Deserialize, JsonSchema, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Which one.
    pub product_id: ProductId,
    /// How many.
    pub quantity: NonZeroU32,
    /// What one of it cost when some of it was added last.
    pub unit_price: Money,
}

/// What is in an order, in the order in which it was added: each product once.
#[derive(Serialize, Deserialize, JsonSchema, Debug, Clone, Default, PartialEq, Eq)]
#[serde(transparent)]
pub struct Items(Vec<Item>);

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
        self.0.iter().any(|item| item.product_id == *product)
    }

    /// The same with more of a product, all of which costs `unit_price` from now on.
    #[must_use]
    pub fn with(mut self, product: &ProductId, quantity: NonZeroU32, unit_price: Money) -> Self {
        match self.0.iter_mut().find(|item| item.product_id == *product) {
            Some(item) => {
                item.quantity = item.quantity.saturating_add(quantity.get());
                item.unit_price = unit_price;
            }
            None => self.0.push(Item {
                product_id: product.clone(),
                quantity,
                unit_price,
            }),
        }
        self
    }

    /// The same without a product.
    #[must_use]
    pub fn without(mut self, product: &ProductId) -> Self {
        self.0.retain(|item| item.product_id != *product);
        self
    }

    /// How many of what.
    pub fn lines(&self) -> Vec<Line> {
        let lines = self.0.iter().map(|item| Line {
            product_id: item.product_id.clone(),
            quantity: item.quantity,
        });
        lines.collect()
    }

    /// What all of it costs: nothing, in US dollars, as long as there is nothing.
    pub fn total(&self) -> Money {
        let minor: i128 = self.0.iter().map(Item::total_minor).sum();
        money(minor, self.currency().unwrap_or(Currency::USD))
    }

    /// In which currency it is paid; `None` as long as there is nothing.
    pub fn currency(&self) -> Option<Currency> {
        self.0.first().map(|item| item.unit_price.currency)
    }

    /// Checks that an order may have all of it.
    pub(super) fn check(&self) -> Result<(), OrderError> {
        if self.0.len() > MOST_LINES {
            return Err(OrderError::TooManyLines { most: MOST_LINES });
        }
        let too_many = |item: &&Item| item.quantity.get() > MOST_OF_A_PRODUCT;
        if let Some(item) = self.0.iter().find(too_many) {
            return Err(OrderError::TooManyOfProduct {
                product_id: item.product_id.clone(),
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
        let views = self.0.iter().map(|item| ItemView {
            product_id: item.product_id.clone(),
            quantity: item.quantity.get(),
            unit_price: item.unit_price,
            total: money(item.total_minor(), item.unit_price.currency),
        });
        views.collect()
    }
}

impl Item {
    fn total_minor(&self) -> i128 {
        i128::from(self.unit_price.minor) * i128::from(self.quantity.get())
    }
}

/// No rule of today lets it overflow; a fact of other times must not stop the replay.
fn money(minor: i128, currency: Currency) -> Money {
    Money::of_minor(i64::try_from(minor).unwrap_or(i64::MAX), currency)
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
