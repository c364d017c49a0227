//! Making a read model anew beside the one that is read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::watch;

use crate::projection::{ProjectionHandle, RunnerOptions, run_projection};
use crate::rebuild::{
    RebuildError, RebuildHandle, RebuildOptions, RebuildPhase, RebuildProgress, rebuild, roll_back,
};
use annals_core::{Edition, EditionState, Editions, EventStore, Position, ReadModels, TableFold};

/// The editions of one read model: making it anew, changing over, and going back.
///
/// The edition that was read before is kept up to date, so that going back is the same step as
/// changing over, until it is [discarded](Self::discard_previous) or another takes its place.
#[derive(Clone)]
pub struct Rebuilds {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<dyn EventStore>,
    read_models: Arc<dyn ReadModels>,
    fold: TableFold,
    options: RunnerOptions,
    latest: Mutex<Option<Arc<RebuildHandle>>>,
    /// What keeps the previous edition up to date.
    previous: Mutex<Option<ProjectionHandle>>,
}

impl Rebuilds {
    /// Those of the read model of a fold. The options are those of whatever keeps the previous edition
    /// up to date.
    pub fn new(
        store: &Arc<dyn EventStore>,
        read_models: &Arc<dyn ReadModels>,
        fold: TableFold,
        options: RunnerOptions,
    ) -> Self {
        let shared = Shared {
            store: Arc::clone(store),
            read_models: Arc::clone(read_models),
            fold,
            options,
            latest: Mutex::default(),
            previous: Mutex::default(),
        };
        let shared = Arc::new(shared);
        Self { shared }
    }

    /// Begins to make the read model anew, or goes on with what was begun and broken off, here or in
    /// an earlier run. While one is under way it is answered with that.
    pub fn begin(&self, options: RebuildOptions) -> Arc<RebuildHandle> {
        let mut latest = lock(&self.shared.latest);
        if let Some(under_way) = latest.as_ref().filter(|it| !it.progress().phase.is_over()) {
            return Arc::clone(under_way);
        }
        let Shared {
            store,
            read_models,
            fold,
            ..
        } = &*self.shared;
        let handle = rebuild(
            Arc::clone(store),
            Arc::clone(read_models),
            fold.clone(),
            options,
        );
        let handle = Arc::new(handle);
        *latest = Some(Arc::clone(&handle));
        tokio::spawn(follow_after(Arc::downgrade(&self.shared), handle.watch()));
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

    /// Goes back to the edition that was read before, or forth again.
    ///
    /// # Errors
    /// [`RebuildError`]: nothing changed.
    pub async fn roll_back(&self) -> Result<Position, RebuildError> {
        let states = self.editions().await?;
        let previous = states
            .iter()
            .find(|state| state.edition == Edition::Previous);
        let is_ours = previous.is_some_and(|it| it.fingerprint == self.shared.fold.fingerprint());
        if !is_ours {
            return Err(RebuildError::NothingToGoBackTo);
        }
        let shared = &self.shared;
        roll_back(&shared.store, &*shared.read_models, &shared.fold).await
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

    /// Keeps the previous edition up to date from now on, if there is one that can be.
    ///
    /// # Errors
    /// [`RebuildError`] when there may be one and it is not kept up to date.
    pub async fn follow_previous(&self) -> Result<(), RebuildError> {
        let Some(database) = self.shared.read_models.editions() else {
            return Ok(());
        };
        let fold = &self.shared.fold;
        let states = database.list(fold.name()).await?;
        let is_ours = |state: &EditionState| {
            state.edition == Edition::Previous && state.fingerprint == fold.fingerprint()
        };
        if !states.iter().any(is_ours) {
            return Ok(());
        }
        let projector = database.projector(fold.clone(), Edition::Previous).await?;
        let options = self.shared.options.clone();
        let follower = run_projection(Arc::clone(&self.shared.store), projector, options);
        *lock(&self.shared.previous) = Some(follower);
        Ok(())
    }

    /// Breaks off what is under way, and lets the previous edition be.
    pub async fn stop(&self) {
        if let Some(latest) = self.latest() {
            latest.break_off();
            latest.end().await;
        }
        self.let_previous_be().await;
    }

    async fn let_previous_be(&self) {
        let follower = lock(&self.shared.previous).take();
        if let Some(follower) = follower {
            follower.stop().await;
        }
    }

    fn database(&self) -> Result<&dyn Editions, RebuildError> {
        let database = self.shared.read_models.editions();
        database.ok_or(RebuildError::OneEditionOnly)
    }
}

impl std::fmt::Debug for Rebuilds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Rebuilds")
            .field(&self.shared.fold.name())
            .finish()
    }
}

/// Keeps what was read before a rebuild up to date, unless the service is gone by then.
async fn follow_after(shared: Weak<Shared>, mut progress: watch::Receiver<RebuildProgress>) {
    let ended = progress.wait_for(|now| now.phase.is_over()).await;
    let is_done = ended.is_ok_and(|now| matches!(now.phase, RebuildPhase::CutOver(_)));
    let Some(shared) = shared.upgrade().filter(|_| is_done) else {
        return;
    };
    let rebuilds = Rebuilds { shared };
    rebuilds.let_previous_be().await;
    if let Err(error) = rebuilds.follow_previous().await {
        let projection = rebuilds.shared.fold.name();
        tracing::warn!(projection, %error, "the previous edition is not kept up to date");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
