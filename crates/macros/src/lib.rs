//! The derives of Annals. They write only what one could write by hand: an implementation of
//! the trait of the same name, without any behaviour of its own.

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod crate_path;
mod event;
mod read_model;

/// Implements `Event` for an enum that serde can serialize, a variant for each event type.
///
/// A variant has no fields, named fields, or holds one struct. What is stored is the fields as
/// JSON; the variant is known by its name and version.
///
/// ```
/// # use annals_core::Event;
/// # use annals_macros::Event;
/// # use serde::{Deserialize, Serialize};
/// use serde_json::{Value, json};
///
/// #[derive(Event, Serialize, Deserialize)]
/// enum AccountEvent {
///     AccountOpened { #[event(tag = "owner")] owner_id: String },
///     #[event(name = "MoneyDeposited", version = 2, upcast(1 => add_currency))]
///     Deposited { amount: i64, currency: String },
/// }
///
/// fn add_currency(mut payload: Value) -> Value {
///     payload["currency"] = json!("EUR");
///     payload
/// }
///
/// assert_eq!(AccountEvent::SCHEMAS[1].name, "MoneyDeposited");
/// ```
///
/// On a variant:
///
/// - `name = "…"`: the stored name of the event type, by default that of the variant. Once
///   events are stored it never changes.
/// - `version = n`: the version written now, by default 1.
/// - `upcast(1 => step, …)`: a step for each older version, a path to a
///   `fn(serde_json::Value) -> serde_json::Value` that brings it to the next one.
///
/// On a named field, which implements `Display`:
///
/// - `tag`: the event carries the tag `<field>:<value>`.
/// - `tag = "…"`: the event carries the tag `…:<value>`.
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    event::derive(&input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Implements `ReadModel` for a struct with named fields, a column for each.
///
/// ```
/// # use annals_core::ReadModel;
/// # use annals_macros::ReadModel;
/// #[derive(ReadModel, Clone)]
/// #[read_model(table = "account_balances", index(owner, status))]
/// struct Balance {
///     #[key]
///     account: String,
///     #[index]
///     owner: String,
///     status: String,
///     cents: i64,
/// }
///
/// assert_eq!(Balance::INDEXES.len(), 2);
/// ```
///
/// - `#[read_model(table = "…")]`: name of the table, by default the struct's in snake case.
/// - `#[read_model(index(a, b))]`: an index over columns, most significant first; may be repeated.
/// - `#[key]` on one or more fields: the primary key. The type of the key is that of the field,
///   or a tuple of them in the order of the fields.
/// - `#[index]` on a field: an index over this column.
#[proc_macro_derive(ReadModel, attributes(read_model, key, index))]
pub fn derive_read_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    read_model::derive(&input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
