//! Where copies of what events say about a person may be.

use std::sync::Arc;

use annals_core::{Cause, Projector, SnapshotStore, SubjectId};
use async_trait::async_trait;

use super::report::PlaceKind;
use crate::refolds::Refolds;

/// Something that copies what events say about persons, and can let go of it: a cache, an export, a
/// search index.
///
/// # Contract
///
/// 1. It is told in every process that runs the service, and again after a failure or a crash: to
///    forget a person twice is as to forget them once.
/// 2. Once it returns `Ok`, nothing it keeps says anything about the person that was told before.
#[async_trait]
pub trait Forgets: Send + Sync + 'static {
    /// What reports call it.
    fn name(&self) -> &str;

    /// Lets go of everything about a person.
    ///
    /// # Errors
    /// Why that is not done: it is told again until it is.
    async fn forget(&self, subject: &SubjectId) -> Result<(), Cause>;

    /// What kind of place it is.
    fn kind(&self) -> PlaceKind {
        PlaceKind::Registered
    }
}

/// The places of one service where copies may be.
#[derive(Clone)]
pub struct ErasurePlaces {
    /// Snapshots of aggregates.
    pub snapshots: Arc<dyn SnapshotStore>,
    /// Read models of typed tables.
    pub refolds: Vec<Refolds>,
    /// What keeps read models up to date and performs effects, with their dead letters.
    pub projectors: Vec<Arc<dyn Projector>>,
    /// Read models of one's own code: nothing is known of what is in them.
    pub own_read_models: Vec<String>,
    /// What lets go by itself, in each process.
    pub forgets: Vec<Arc<dyn Forgets>>,
}
