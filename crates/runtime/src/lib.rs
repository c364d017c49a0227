//! What makes aggregates and projections run on an event store.
//!
//! In reading order:
//!
//! - [`Repository`]: loads an aggregate ([`Loaded`], [`Moment`]) and executes commands on it
//!   ([`CommandContext`], [`Executed`]); how repeats are recognised ([`IdempotencyKey`]); when
//!   snapshots are taken ([`SnapshotPolicy`]);
//! - [`run_projection`]: keeps a read model up to date, and [`ProjectionHandle`] tells how far
//!   it is;
//! - [`EffectProjector`]: performs an effect for each event, at least once;
//! - [`Backoff`]: how long a projection waits before it tries again.

mod backoff;
mod effect;
mod error;
mod execute;
mod idempotency;
mod load;
mod projection;
mod refusal;
mod repository;
mod snapshots;
mod turns;

pub use backoff::Backoff;
pub use effect::EffectProjector;
pub use error::{ExecuteError, LoadError};
pub use execute::{CommandContext, Executed};
pub use idempotency::IdempotencyKey;
pub use load::{Loaded, Moment};
pub use projection::{
    NotReached, ProjectionHandle, ProjectionStatus, RunError, RunnerOptions, run_projection,
};
pub use repository::Repository;
pub use snapshots::SnapshotPolicy;
