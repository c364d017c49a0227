//! The read models of the past that one process has: a few at once, and none for ever.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::time::Duration;

use annals_core::{
    Cause, Clock, EventStore, IdSource, RandomIds, ReadModels, SubjectId, SystemClock, TableFold,
    Timestamp,
};
use async_trait::async_trait;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::backoff::wait;
use crate::erasure::{Forgets, PlaceKind};
use crate::past::{AsOf, PastError, PastHandle, PastOptions, PastPhase, PastSubject, begin};

/// Identity of a read model of the past that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PastId(pub Uuid);

/// How many read models of the past there may be, and for how long.
#[derive(Clone)]
pub struct PastsOptions {
    /// Most at once: each is as large as the read model it is of. Of those that failed, as many are
    /// kept beside them.
    pub most: NonZeroUsize,
    /// One that is kept and was not used for so long is dropped.
    pub unused_for: Duration,
    /// Tells when one was used.
    pub clock: Arc<dyn Clock>,
    /// Makes their ids.
    pub ids: Arc<dyn IdSource>,
}

impl Default for PastsOptions {
    /// Four, for a quarter of an hour.
    fn default() -> Self {
        Self {
            most: NonZeroUsize::new(4).expect("four is not zero"),
            unused_for: Duration::from_secs(15 * 60),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
        }
    }
}

/// The read models of the past of one process.
///
/// Those that are [begun](Self::begin) belong to whoever began them. Those that are
/// [kept](Self::keep) are found by their id, until they are [discarded](Self::discard) or nobody
/// has used them for a while.
#[derive(Clone)]
pub struct Pasts {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<dyn EventStore>,
    read_models: Arc<dyn ReadModels>,
    folds: BTreeMap<&'static str, TableFold>,
    options: PastsOptions,
    /// One for each that there may be.
    turns: Arc<Semaphore>,
    kept: Mutex<BTreeMap<PastId, Kept>>,
    /// One task looks after all that are kept.
    looked_after: Once,
}

struct Kept {
    projection: &'static str,
    handle: Arc<PastHandle>,
    used_at: Timestamp,
}

impl Pasts {
    /// Those of the read models of folds.
    pub fn new(
        store: &Arc<dyn EventStore>,
        read_models: &Arc<dyn ReadModels>,
        folds: impl IntoIterator<Item = TableFold>,
        options: PastsOptions,
    ) -> Self {
        let folds = folds.into_iter().map(|fold| (fold.name(), fold));
        let shared = Shared {
            store: Arc::clone(store),
            read_models: Arc::clone(read_models),
            folds: folds.collect(),
            turns: Arc::new(Semaphore::new(options.most.get())),
            options,
            kept: Mutex::default(),
            looked_after: Once::new(),
        };
        let shared = Arc::new(shared);
        Self { shared }
    }

    /// Where the read models of today are.
    pub fn read_models(&self) -> &Arc<dyn ReadModels> {
        &self.shared.read_models
    }

    /// How a read model is made of events, if there is one of this name.
    pub fn fold(&self, projection: &str) -> Option<&TableFold> {
        self.shared.folds.get(projection)
    }

    /// Begins to make a read model as it was. It belongs to the caller.
    ///
    /// # Errors
    /// [`PastError::Unknown`]; [`PastError::TooMany`] until one of the others is dropped.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn begin(
        &self,
        projection: &str,
        as_of: AsOf,
        options: PastOptions,
    ) -> Result<PastHandle, PastError> {
        self.shared.discard_unused();
        let fold = self.fold(projection).cloned();
        let fold = fold.ok_or_else(|| PastError::Unknown(projection.to_owned()))?;
        let turn = Arc::clone(&self.shared.turns).try_acquire_owned();
        let most = self.shared.options.most.get();
        let turn = turn.map_err(|_| PastError::TooMany { most })?;
        let subject = PastSubject {
            store: Arc::clone(&self.shared.store),
            read_models: Arc::clone(&self.shared.read_models),
            fold,
        };
        Ok(begin(subject, as_of, options, Some(Arc::new(turn))))
    }

    /// Begins to make a read model as it was, and keeps it until nobody has used it for a while. One
    /// that fails is kept as well, with the reason, but not beside more than a few that failed later.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn keep(
        &self,
        projection: &str,
        as_of: AsOf,
        options: PastOptions,
    ) -> Result<(PastId, Arc<PastHandle>), PastError> {
        let handle = Arc::new(self.begin(projection, as_of, options)?);
        let fold = self.fold(projection).expect("it was begun");
        let Shared { options, .. } = &*self.shared;
        let kept = Kept {
            projection: fold.name(),
            handle: Arc::clone(&handle),
            used_at: options.clock.now(),
        };
        let id = PastId(options.ids.next());
        self.shared.discard_old_failures();
        self.shared.kept().insert(id, kept);
        self.shared.looked_after.call_once(|| {
            tokio::spawn(look_after(Arc::downgrade(&self.shared)));
        });
        Ok((id, handle))
    }

    /// One of a projection that is kept. Finding it counts as use.
    pub fn find(&self, projection: &str, id: PastId) -> Option<Arc<PastHandle>> {
        self.shared.discard_unused();
        let mut kept = self.shared.kept();
        let found = kept.get_mut(&id);
        let found = found.filter(|kept| kept.projection == projection)?;
        found.used_at = self.shared.options.clock.now();
        Some(Arc::clone(&found.handle))
    }

    /// All of a projection that are kept. Listing them is no use of them.
    pub fn list(&self, projection: &str) -> Vec<(PastId, Arc<PastHandle>)> {
        self.shared.discard_unused();
        let kept = self.shared.kept();
        let of_it = kept
            .iter()
            .filter(|(_, kept)| kept.projection == projection);
        of_it
            .map(|(id, kept)| (*id, Arc::clone(&kept.handle)))
            .collect()
    }

    /// Drops one of a projection that is kept; what is read of it at that moment is read to its end.
    /// False if there is none.
    pub fn discard(&self, projection: &str, id: PastId) -> bool {
        self.find(projection, id).is_some() && self.shared.kept().remove(&id).is_some()
    }

    /// Drops all that are kept, and waits until those that are still being made let go of the store.
    pub async fn stop(&self) {
        let kept = std::mem::take(&mut *self.shared.kept());
        for kept in kept.into_values() {
            kept.handle.stop().await;
        }
    }
}

/// Drops all that are kept. Those that belong to whoever began them stay as long as they are held.
#[async_trait]
impl Forgets for Pasts {
    fn name(&self) -> &'static str {
        "read models of the past"
    }

    fn kind(&self) -> PlaceKind {
        PlaceKind::Pasts
    }

    async fn forget(&self, _: &SubjectId) -> Result<(), Cause> {
        self.stop().await;
        Ok(())
    }
}

impl Shared {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<PastId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops what nobody has used for a while. What is still being made is in use.
    fn discard_unused(&self) {
        let now = self.options.clock.now();
        let unused_for = |kept: &Kept| {
            let unused = now.duration_since(kept.used_at);
            Duration::try_from(unused).unwrap_or_default()
        };
        self.kept().retain(|_, kept| {
            if !kept.handle.progress().phase.is_over() {
                kept.used_at = now;
            }
            unused_for(kept) < self.options.unused_for
        });
    }

    /// Drops those that failed and were not used for the longest, if there are more than a few: they
    /// take no place, so that nothing else bounds them.
    fn discard_old_failures(&self) {
        let mut kept = self.kept();
        let failed = kept.iter().filter(|(_, kept)| kept.has_failed());
        let mut failed: Vec<_> = failed.map(|(id, kept)| (kept.used_at, *id)).collect();
        failed.sort_unstable();
        let too_many = failed.len().saturating_sub(self.options.most.get());
        for (_, id) in &failed[..too_many] {
            kept.remove(id);
        }
    }
}

impl Kept {
    fn has_failed(&self) -> bool {
        matches!(self.handle.progress().phase, PastPhase::Failed(_))
    }
}

/// Drops those that nobody uses, for as long as there may be any. One lives unused for up to twice as
/// long as it may.
async fn look_after(shared: Weak<Shared>) {
    while let Some(unused_for) = shared.upgrade().map(|shared| shared.options.unused_for) {
        wait(unused_for).await;
        if let Some(shared) = shared.upgrade() {
            shared.discard_unused();
        }
    }
}

impl fmt::Display for PastId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PastId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

impl fmt::Debug for Pasts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pasts")
            .field("read_models", &self.shared.folds.keys())
            .finish_non_exhaustive()
    }
}
