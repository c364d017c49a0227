//! What makes aggregates and projections run on an event store.
//!
//! In reading order:
//!
//! - [`Repository`]: loads an aggregate ([`Loaded`], [`Moment`]) and executes commands on it
//!   ([`CommandContext`], [`Executed`]); how repeats are recognised ([`IdempotencyKey`]); what
//!   is done when others come first ([`ConflictPolicy`]); when snapshots are taken
//!   ([`SnapshotPolicy`]);
//! - [`CommandBus`]: commands by type, to their [handlers](CommandHandler), once they are well-formed
//!   and [allowed](Authorize);
//! - [`run_projection`]: keeps a read model up to date, and [`ProjectionHandle`] tells how far
//!   it is, or waits until it is as new as a [`Freshness`] says; [`ParkedEvents`] tells of what it
//!   could not apply, and tries it again;
//! - [`rebuild()`]: makes a read model anew beside the one that is read, compares them, and changes
//!   over; [`Rebuilds`] are those of one read model, and begin by themselves when its declaration
//!   changed; [`DeclaredReadModels`] tell who cannot read it meanwhile;
//! - [`past()`]: makes a read model as it was, as of a position or a time, in a place of its own;
//!   [`Pasts`] are those of one process, of which there may be a few at once;
//! - [`audit_projection`]: proves that a projection left no event out ([`Audit`]), once or as it
//!   goes on ([`BackgroundAudit`]);
//! - [`check_rows`]: folds some rows again to see whether they are right, once or as the projection
//!   goes on ([`DriftDetection`]); [`rebuild_rows`] makes a few anew; [`Refolds`] are those of one
//!   read model;
//! - [`EffectProjector`]: performs an effect for each event, at least once ([`UnboundEffect`]: before
//!   it is bound to its checkpoint);
//! - [`SagaEngine`]: runs the instances of a saga, whose commands go by a [`CommandBus`]; [`Sagas`]
//!   tell how they are, and take what people ask of them;
//! - [`KeyedStore`]: a store whose events come with the keys to what is personal in them, for the types
//!   of events that have any ([`PersonalEvents`]); [`Erasures`] forget persons, and [`ErasureReport`]
//!   tells what was reached;
//! - [`METRICS`]: what of all this is measured; there are spans of `tracing` beside;
//! - [`Backoff`]: how long a projection waits before it tries again.

mod audit;
mod backoff;
mod batches;
mod command_bus;
mod conflicts;
mod declared_read_models;
mod effect;
mod era;
mod erasure;
mod error;
mod execute;
mod idempotency;
mod keyed_store;
mod lease;
mod load;
mod memory;
mod metrics;
mod parked_events;
mod past;
mod pasts;
mod personal_events;
mod projection;
mod rebuild;
mod rebuilds;
mod refold;
mod refolds;
mod refusal;
mod repository;
mod saga;
mod snapshots;
mod spans;
mod turns;
mod unchanged;

pub use crate::metrics::{METRICS, Metric, MetricKind, describe_metrics};
pub use audit::{
    Audit, AuditError, AuditOptions, AuditProgress, AuditSubject, BackgroundAudit,
    BackgroundAuditOptions, Findings, LatestAudit, LogSelection, PageSpan, Proven,
    audit_in_background, audit_projection,
};
pub use backoff::Backoff;
pub use command_bus::{
    Authorize, CommandBus, CommandFault, CommandHandler, CommandLimits, NotAuthorized, Rejection,
    SentCommand, ToAggregate,
};
pub use conflicts::ConflictPolicy;
pub use declared_read_models::DeclaredReadModels;
pub use effect::{EffectProjector, UnboundEffect};
pub use erasure::{
    EraseError, ErasurePlaces, ErasureReport, Erasures, ErasuresElsewhere, Forgets, OutOfReach,
    PlaceKind, Reached, Reconciled, destroy_keys_again,
};
pub use error::{ExecuteError, LoadError};
pub use execute::{CommandContext, Executed};
pub use idempotency::IdempotencyKey;
pub use keyed_store::KeyedStore;
pub use load::{Loaded, Moment};
pub use parked_events::{ParkedError, ParkedEvents};
pub use past::{
    AsOf, Past, PastError, PastHandle, PastOptions, PastPhase, PastProgress, PastSubject, past,
};
pub use pasts::{PastId, Pasts, PastsOptions};
pub use personal_events::PersonalEvents;
pub use projection::{
    Backlog, ErrorClass, Freshness, NotFresh, NotReached, ProjectionActivity, ProjectionHandle,
    ProjectionStatus, RunError, RunnerOptions, run_projection,
};
pub use rebuild::{
    Comparison, CutOver, Difference, RebuildError, RebuildHandle, RebuildOptions, RebuildPhase,
    RebuildProgress, TableComparison, rebuild, roll_back,
};
pub use rebuilds::{EditionOptions, Rebuilds};
pub use refold::{
    DriftDetection, DriftOptions, LatestRowsCheck, RefoldError, RefoldOptions, RefoldSubject,
    RowsRebuilt, check_rows, detect_drift, keys_of_stream, rebuild_rows,
};
pub use refolds::Refolds;
pub use repository::Repository;
pub use saga::{
    Asker, FailedAttempt, Inbox, OpenInstances, SagaAlarm, SagaDetails, SagaEngine, SagaError,
    SagaHandle, SagaMoment, SagaOptions, SagaOverview, SagaRow, SagaWatch, Sagas, Stuck,
};
pub use snapshots::SnapshotPolicy;
