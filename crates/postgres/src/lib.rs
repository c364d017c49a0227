//! Annals on PostgreSQL: one store, shared by several processes.
//!
//! In reading order: `postgres` is the way to a database, set up by `options`, secured by `tls` and
//! kept open in a `pool`, with `patience` for its answers; `durability` refuses a server that would
//! lose what it acknowledged; `migrate` makes the tables. `store` is the event store: `append`
//! writes, and `import` moves whole histories in; `read` and `subscribe` read what `query` says in
//! SQL and `record` makes of rows; `head` knows how far the store has come, `kinds` the numbers that
//! stand for categories and event types, and `payloads` are indexed for those who query them as
//! JSON.

mod dependents;
mod durability;
mod editions;
mod error;
mod migrate;
mod options;
mod patience;
mod pool;
mod postgres;
mod tls;

mod append;
mod head;
mod import;
mod kinds;
mod payloads;
mod query;
mod read;
mod record;
mod store;
mod subscribe;

mod bound_fold;
mod checkpoint;
mod dead_letters;
mod inline;
mod keys;
mod leases;
mod ledger;
mod projector;
mod read_models;
mod rows;
mod schema;
mod scratch;
mod select;
mod side_values;
mod snapshots;
mod sql_projection;
mod tables;
mod value;

#[cfg(test)]
#[path = "../tests/place/mod.rs"]
mod place;

pub use error::PostgresError;
pub use import::{Import, ImportError, Imported};
pub use inline::InlineProjection;
pub use keys::PostgresKeys;
pub use leases::{LeaseOptions, PostgresLeases};
pub use options::PostgresOptions;
pub use postgres::{Client, Parameter, Postgres, Transaction};
pub use read_models::PostgresReadModels;
pub use side_values::PostgresSideStore;
pub use sql_projection::SqlProjection;
pub use store::PostgresStore;
pub use tokio_postgres;
