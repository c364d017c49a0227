//! The derives of Annals, and [`macro@snapshot`]. They write only what one could write by hand: an
//! implementation of the trait of the same name, without any behaviour of its own.

use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, ItemImpl, parse_macro_input};

mod crate_path;
mod digest;
mod event;
mod projection;
mod read_model;
mod snapshot;

#[doc = include_str!("event.md")]
#[proc_macro_derive(Event, attributes(event, personal))]
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

/// Implements `Projection` for a read model whose columns are taken from events, counted and summed
/// up, and that needs no logic beside that.
///
/// ```
/// # use annals_core::{Projection, Timestamp};
/// # use annals_macros::{Event, Projection, ReadModel};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Event, Serialize, Deserialize)]
/// enum AccountEvent {
///     Opened { owner: String },
///     Transferred { new_owner: String },
///     Deposited { cents: i64 },
///     Withdrawn { cents: i64 },
///     Frozen,
///     Closed,
/// }
///
/// #[derive(ReadModel, Projection, Clone)]
/// #[projection(event = AccountEvent, categories("Account"), create_on(Opened), delete_on(Closed))]
/// struct AccountOverview {
///     #[key]
///     #[from(stream_id)]
///     account: String,
///     #[from(Opened.owner, Transferred.new_owner)]
///     owner: String,
///     #[from(Opened => "open", Frozen => "frozen")]
///     status: String,
///     #[sum(Deposited.cents, -Withdrawn.cents)]
///     cents: i64,
///     #[count(Deposited, Withdrawn)]
///     payments: u64,
///     #[from(recorded_at)]
///     changed_at: Timestamp,
/// }
/// ```
///
/// # Where the value of a column comes from
///
/// Each field has one of these:
///
/// - `#[from(Opened.owner, Transferred.new_owner)]`: a field of whichever event came last. It may be
///   one within a field, as in `Deposited.amount.minor`, or in `Deposited.0.cents` where the variant
///   holds a struct.
/// - `#[from(Opened => "open", Frozen => "frozen")]`: the same value for each event of a type.
/// - `#[from(stream_id)]`, alone: of the event's stream, the part after its category, parsed. Or
///   `version`, `position`, `recorded_at` or `happened_at`, as the record of the event has it. Every
///   event of the row sets it, also those that nothing else names.
/// - `#[count(Opened, -Closed)]`: how many, less how many others.
/// - `#[sum(Deposited.cents, -Withdrawn.cents)]`: the sum of fields, less that of others.
///
/// Values are cloned, and converted `Into` the type of the column; those of a sum by `TryInto`, and
/// added by its methods `checked_add` and `checked_sub`. Counts and sums begin at the type's default.
///
/// # Which rows there are
///
/// An event belongs to one row: that of its key, which is marked `#[key]` as for `ReadModel`, and is
/// `from` the record or from fields of events. In the latter case an event that it does not name
/// belongs to no row.
///
/// - `create_on(Opened, …)`: these create the row if it is not there. Others change nothing then. If
///   it is left out, every event does that belongs to a row.
/// - `delete_on(Closed, …)`: these delete the row.
///
/// A column that is taken from events is known in every row: an event that creates one and does not
/// tell it is refused by the compiler, unless the column is an `Option`.
///
/// # What else there is
///
/// - `event = AccountEvent`: what it is made of. Always there.
/// - `categories("Account", …)`, `tags("country:cz", …)`: which of them it asks for.
/// - `revision = 2`: makes the rows again from the first event. That happens by itself when the
///   declaration changes, but not when a conversion or a constant does that it uses.
///
/// An event that cannot be taken in panics, and so fails like any other: when a count or a sum
/// overflows, and when a stream's id does not parse.
#[proc_macro_derive(Projection, attributes(projection, key, from, count, sum))]
pub fn derive_projection(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    projection::derive(&input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

#[doc = include_str!("snapshot.md")]
#[proc_macro_attribute]
pub fn snapshot(arguments: TokenStream, aggregate: TokenStream) -> TokenStream {
    let aggregate = parse_macro_input!(aggregate as ItemImpl);
    let snapshot = snapshot::beside(arguments.into(), &aggregate)
        .unwrap_or_else(|error| error.to_compile_error());
    quote!(#aggregate #snapshot).into()
}
