//! Read models, checkpoints and snapshots in SQLite, for a service in one process.
//!
//! The event log is the truth; all that is kept here can be deleted and is made again, but for keys.
//! In reading order:
//!
//! - the [`Database`]: one writer, several readers, all off the async threads;
//! - rows as types: it is one of the [`ReadModels`](annals_core::ReadModels), which keep them up to
//!   date and answer queries;
//! - tables by hand: [`SqlProjection`];
//! - [`SnapshotTable`]: states of aggregates, a shortcut past older events;
//! - [`KeyDatabase`]: the keys of persons, and what is kept of them beside the log, in a file apart from
//!   all that.

mod bound_fold;
mod checkpoint;
mod connections;
mod database;
mod dead_letters;
mod editions;
mod error;
mod keys;
mod ledger;
mod projector;
mod read_models;
mod rows;
mod schema;
mod select;
mod side_values;
mod snapshots;
mod sql_projection;
mod tables;
mod turns;
mod value;

pub use database::Database;
pub use error::SqliteError;
pub use keys::KeyDatabase;
pub use rusqlite;
pub use snapshots::SnapshotTable;
pub use sql_projection::SqlProjection;
