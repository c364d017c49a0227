//! Products, and what their texts may be.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::ids::{CategoryId, ProductId};
use crate::money::{Amount, Money};

/// Most characters of a name, of a product or of a category.
const LONGEST_NAME: usize = 200;
const LONGEST_DESCRIPTION: usize = 10_000;
/// Most bytes of attributes, as JSON.
const LARGEST_ATTRIBUTES: usize = 8_192;
/// The most that somebody may say is on the shelf.
const MOST_STOCK: u64 = 1_000_000_000;

/// A product, as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// Which one.
    pub product_id: ProductId,
    /// What it is called.
    pub name: String,
    /// What there is to say of it; may be empty.
    pub description: String,
    /// What one of it costs.
    pub price: Money,
    /// How many are on the shelf: not held for any order, and not sold.
    pub stock_quantity: u64,
    /// Where it belongs.
    pub category_id: CategoryId,
    /// What else is known of it.
    #[schema(value_type = Object)]
    pub attributes: Attributes,
    /// Counts the changes, also those of the stock, from 1.
    pub version: u64,
}

/// A product that is to be added.
#[derive(Debug, Clone, PartialEq)]
pub struct NewProduct {
    /// Which one.
    pub product_id: ProductId,
    /// What it is called.
    pub name: String,
    /// What there is to say of it.
    pub description: String,
    /// What one of it costs.
    pub price: Amount,
    /// How many there are.
    pub stock_quantity: u64,
    /// Where it belongs.
    pub category_id: CategoryId,
    /// What else is known of it.
    pub attributes: Attributes,
}

/// What is to be changed of a product. What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProductChange {
    /// What it is called from now on.
    pub name: Option<String>,
    /// What there is to say of it.
    pub description: Option<String>,
    /// What one of it costs.
    pub price: Option<Amount>,
    /// How many are on the shelf, as somebody counted them.
    pub stock_quantity: Option<u64>,
    /// Where it belongs.
    pub category_id: Option<CategoryId>,
    /// What else is known of it, all of it.
    pub attributes: Option<Attributes>,
}

impl NewProduct {
    /// The product as it is once it was added.
    pub(super) fn added(self) -> Product {
        Product {
            product_id: self.product_id,
            name: self.name,
            description: self.description,
            price: self.price.money(),
            stock_quantity: self.stock_quantity,
            category_id: self.category_id,
            attributes: self.attributes,
            version: 1,
        }
    }
}

impl ProductChange {
    /// The product as it is after it.
    pub(super) fn applied_to(self, before: Product) -> Product {
        Product {
            name: self.name.unwrap_or(before.name),
            description: self.description.unwrap_or(before.description),
            price: self.price.map_or(before.price, Amount::money),
            stock_quantity: self.stock_quantity.unwrap_or(before.stock_quantity),
            category_id: self.category_id.unwrap_or(before.category_id),
            attributes: self.attributes.unwrap_or(before.attributes),
            version: before.version + 1,
            product_id: before.product_id,
        }
    }
}

/// What else is known of a product: a JSON object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attributes(Map<String, Value>);

impl Attributes {
    /// Checks that they can be kept.
    ///
    /// # Errors
    /// [`UnfitAttributes`].
    pub fn new(attributes: Map<String, Value>) -> Result<Self, UnfitAttributes> {
        let attributes = Self(attributes);
        let json = attributes.to_json();
        if json.len() > LARGEST_ATTRIBUTES {
            return Err(UnfitAttributes::TooLarge);
        }
        // As JSON writes it: no other text holds these characters without a backslash before them.
        if json.replace("\\\\", "").contains("\\u0000") {
            return Err(UnfitAttributes::Nul);
        }
        Ok(attributes)
    }

    /// As JSON.
    pub(super) fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

/// Why attributes cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitAttributes {
    /// They take too much room. **Do:** shorten them.
    #[error("must be at most {LARGEST_ATTRIBUTES} bytes of JSON")]
    TooLarge,
    /// PostgreSQL keeps no such text. **Do:** leave the character out.
    #[error("must not hold the character U+0000")]
    Nul,
}

/// Reads a name: something that can be seen, on one line.
pub(super) fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(format!(
            "must be 1 to {LONGEST_NAME} characters on one line"
        ));
    }
    Ok(name.to_owned())
}

/// Reads a description.
pub(super) fn description(text: &str) -> Result<String, String> {
    if text.chars().count() > LONGEST_DESCRIPTION || text.contains('\0') {
        return Err(format!(
            "must be at most {LONGEST_DESCRIPTION} characters, none of them U+0000"
        ));
    }
    Ok(text.to_owned())
}

/// Reads how many there are.
pub(super) fn stock_quantity(digits: &str) -> Result<u64, String> {
    let quantity = digits.parse().ok();
    quantity
        .filter(|quantity| *quantity <= MOST_STOCK)
        .ok_or_else(|| format!("must be a whole number from 0 to {MOST_STOCK}"))
}
