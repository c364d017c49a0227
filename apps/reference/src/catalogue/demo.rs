//! A few products to look at, for whoever starts the service for the first time.

use annals::Metadata;
use annals::runtime::{CommandContext, IdempotencyKey};
use serde_json::json;

use super::category::Category;
use super::contract::Catalogue;
use super::error::{CatalogueRefusal, WriteError};
use super::product::{Attributes, NewProduct};
use crate::money::{Amount, Currency, Money};

const CATEGORIES: [(&str, &str); 2] = [("demo-kitchen", "Kitchen"), ("demo-desk", "Desk")];

/// Id, category, name, description, brand, hundredths of a dollar, how many.
const PRODUCTS: [(&str, &str, &str, &str, &str, i64, u64); 5] = [
    (
        "demo-mug",
        "demo-kitchen",
        "Mug",
        "A blue mug for tea",
        "Acme",
        950,
        40,
    ),
    (
        "demo-kettle",
        "demo-kitchen",
        "Kettle",
        "Boils water for tea",
        "Acme",
        4_200,
        7,
    ),
    (
        "demo-knife",
        "demo-kitchen",
        "Bread knife",
        "Cuts bread, not fingers",
        "Solinger",
        2_450,
        3,
    ),
    (
        "demo-lamp",
        "demo-desk",
        "Lamp",
        "A lamp with a long arm",
        "Lumen",
        6_900,
        12,
    ),
    (
        "demo-pencil",
        "demo-desk",
        "Pencil",
        "Soft, red and blue",
        "Lumen",
        120,
        500,
    ),
];

/// Adds the demo products to a catalogue. Repeating it changes nothing.
///
/// # Errors
/// [`WriteError`] when the catalogue does not take them.
pub(crate) async fn seed(catalogue: &dyn Catalogue) -> Result<(), WriteError<CatalogueRefusal>> {
    for (id, name) in CATEGORIES {
        let category = Category {
            category_id: id.parse().expect("it is an id"),
            name: name.to_owned(),
        };
        or_taken(catalogue.add_category(category, &context(id)).await)?;
    }
    for (id, category, name, description, brand, cents, stock_quantity) in PRODUCTS {
        let attributes = json!({ "brand": brand });
        let attributes = attributes.as_object().cloned().unwrap_or_default();
        let price = Amount::new(Money::of_minor(cents, Currency::USD));
        let product = NewProduct {
            product_id: id.parse().expect("it is an id"),
            name: name.to_owned(),
            description: description.to_owned(),
            price: price.expect("nothing is for nothing"),
            stock_quantity,
            category_id: category.parse().expect("it is an id"),
            attributes: Attributes::new(attributes).expect("they are small"),
        };
        or_taken(catalogue.add_product(product, &context(id)).await)?;
    }
    tracing::info!(products = PRODUCTS.len(), "demo products are there");
    Ok(())
}

/// Under a key of its own, so that what people change afterwards stays so.
fn context(id: &str) -> CommandContext {
    CommandContext {
        metadata: Metadata::default(),
        idempotency: Some(IdempotencyKey::new(id, id.as_bytes())),
        expected: None,
    }
}

/// Somebody may have taken an id, a name or a key.
fn or_taken<T>(
    added: Result<T, WriteError<CatalogueRefusal>>,
) -> Result<(), WriteError<CatalogueRefusal>> {
    match added {
        Ok(_) | Err(WriteError::Refused(_) | WriteError::KeyReused { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
