//! Making a read model anew beside the one that is read.
//!
//! In reading order: here is what can be done with the editions of a read model; `due` begins what is
//! due and runs the projection once that is done; `previous` keeps the edition that was read before.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;

use crate::erasure::{Forgets, PlaceKind};
use crate::projection::RunnerOptions;
use crate::rebuild::{
    RebuildError, RebuildHandle, RebuildOptions, RebuildPhase, RebuildProgress, rebuild, roll_back,
};
use annals_core::{
    Cause, Edition, EditionState, Editions, EventStore, Position, ReadModels, SubjectId, TableFold,
    Timestamp,
};
use async_trait::async_trait;
use previous::Follower;

mod due;
mod previous;

/// How the editions of a read model are kept. The defaults are for production.
#[derive(Debug, Clone)]
pub struct EditionOptions {
    /// How the current and the previous edition are kept up to date. Its leases are those of
    /// rebuilds as well, its clock tells when an edition was replaced.
    pub runner: RunnerOptions,
    /// How long the previous edition is kept after it was replaced.
    pub keep_previous: Duration,
}

impl Default for EditionOptions {
    fn default() -> Self {
        Self {
            runner: RunnerOptions::default(),
            keep_previous: Duration::from_secs(7 * 24 * 60 * 60),
        }
    }
}

/// The editions of one read model: making it anew, changing over, and going back.
///
/// The edition that was read before is kept up to date, so that going back is the same step as
/// changing over, until it has been kept for [long enough](EditionOptions::keep_previous), is
/// [discarded](Self::discard_previous), or another takes its place.
#[derive(Clone)]
pub struct Rebuilds {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<dyn EventStore>,
    read_models: Arc<dyn ReadModels>,
    fold: TableFold,
    options: EditionOptions,
    latest: Mutex<Option<Arc<RebuildHandle>>>,
    /// Told of each exchange in this process.
    exchanged: watch::Sender<()>,
    previous: tokio::sync::Mutex<Follower>,
}

impl Rebuilds {
    /// Those of the read model of a fold.
    pub fn new(
        store: &Arc<dyn EventStore>,
        read_models: &Arc<dyn ReadModels>,
        fold: TableFold,
        options: EditionOptions,
    ) -> Self {
        let shared = Shared {
            store: Arc::clone(store),
            read_models: Arc::clone(read_models),
            fold,
            options,
            latest: Mutex::default(),
            exchanged: watch::Sender::default(),
            previous: tokio::sync::Mutex::default(),
        };
        let shared = Arc::new(shared);
        Self { shared }
    }

    /// Begins to make the read model anew, or goes on with what was begun and broken off, here or in
    /// an earlier run. While one is under way here it is answered with that; while one is under way in
    /// another process, it waits for that.
    ///
    /// The leases are those of these editions.
    pub fn begin(&self, options: RebuildOptions) -> Arc<RebuildHandle> {
        let mut latest = lock(&self.shared.latest);
        if let Some(under_way) = latest.as_ref().filter(|it| !it.progress().phase.is_over()) {
            return Arc::clone(under_way);
        }
        let Shared {
            store,
            read_models,
            fold,
            options: editions,
            ..
        } = &*self.shared;
        let options = RebuildOptions {
            leases: editions.runner.leases.clone(),
            lease_retry: editions.runner.lease_retry,
            clock: Arc::clone(&editions.runner.clock),
            ..options
        };
        let (store, read_models) = (Arc::clone(store), Arc::clone(read_models));
        let handle = Arc::new(rebuild(store, read_models, fold.clone(), options));
        *latest = Some(Arc::clone(&handle));
        tokio::spawn(tell_when_done(Arc::downgrade(&self.shared), handle.watch()));
        handle
    }

    /// The rebuild that is under way, or the last one since the service was started.
    pub fn latest(&self) -> Option<Arc<RebuildHandle>> {
        lock(&self.shared.latest).clone()
    }

    /// Which editions there are.
    ///
    /// # Errors
    /// [`RebuildError`] when they cannot be told.
    pub async fn editions(&self) -> Result<Vec<EditionState>, RebuildError> {
        Ok(self.database()?.list(self.shared.fold.name()).await?)
    }

    /// Until when the edition that was read before is kept, if there is one.
    ///
    /// # Errors
    /// As [`editions`](Self::editions).
    pub async fn previous_until(&self) -> Result<Option<Timestamp>, RebuildError> {
        let previous = self.find(Edition::Previous).await?;
        Ok(previous.and_then(|previous| self.kept_until(&previous)))
    }

    /// Goes back to the edition that was read before, or forth again, if it is of this fold. It is
    /// kept for as long again.
    ///
    /// # Errors
    /// [`RebuildError`]: nothing changed.
    pub async fn roll_back(&self) -> Result<Position, RebuildError> {
        let shared = &self.shared;
        let clock = &*shared.options.runner.clock;
        let position = roll_back(&shared.store, &*shared.read_models, &shared.fold, clock).await?;
        self.shared.exchanged.send_replace(());
        Ok(position)
    }

    /// Drops the edition that was read before.
    ///
    /// # Errors
    /// [`RebuildError`] when it could not be dropped.
    pub async fn discard_previous(&self) -> Result<(), RebuildError> {
        self.let_previous_be().await;
        let name = self.shared.fold.name();
        Ok(self.database()?.discard(name, Edition::Previous).await?)
    }

    /// Breaks off what is under way, and lets the previous edition be.
    pub async fn stop(&self) {
        if let Some(latest) = self.latest() {
            latest.break_off();
            latest.end().await;
        }
        self.shared.previous.lock().await.end().await;
    }

    async fn find(&self, edition: Edition) -> Result<Option<EditionState>, RebuildError> {
        let mut states = self.editions().await?.into_iter();
        Ok(states.find(|state| state.edition == edition))
    }

    fn database(&self) -> Result<&dyn Editions, RebuildError> {
        let database = self.shared.read_models.editions();
        database.ok_or(RebuildError::OneEditionOnly)
    }
}

/// The rows that the latest comparison found to differ are kept no longer, nor what a rebuild failed
/// with.
#[async_trait]
impl Forgets for Rebuilds {
    fn name(&self) -> &str {
        self.shared.fold.name()
    }

    fn kind(&self) -> PlaceKind {
        PlaceKind::Comparisons
    }

    async fn forget(&self, _: &SubjectId) -> Result<(), Cause> {
        let mut latest = lock(&self.shared.latest);
        if let Some(rebuild) = &*latest {
            rebuild.forget();
        }
        latest.take_if(|it| matches!(it.progress().phase, RebuildPhase::Failed(_)));
        Ok(())
    }
}

impl std::fmt::Debug for Rebuilds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Rebuilds")
            .field(&self.shared.fold.name())
            .finish()
    }
}

/// Tells of the exchange at the end of a rebuild, unless the service is gone by then.
async fn tell_when_done(shared: Weak<Shared>, mut progress: watch::Receiver<RebuildProgress>) {
    let ended = progress.wait_for(|now| now.phase.is_over()).await;
    let is_done = ended.is_ok_and(|now| matches!(now.phase, RebuildPhase::CutOver(_)));
    if let Some(shared) = shared.upgrade().filter(|_| is_done) {
        shared.exchanged.send_replace(());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
