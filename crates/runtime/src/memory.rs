//! Remembered aggregates: the last known states, so that a command need not load its own.
//!
//! What is remembered can be behind what other processes recorded, and never shows:
//!
//! 1. An append at the remembered version succeeds only if the stream is still there, which
//!    confirms the state. On a conflict the command is decided again on a state that is loaded.
//! 2. No append confirms a refusal, an empty decision or the wrong version. Before one of them is
//!    an answer, what was recorded since is read, and the command decided again.
//! 3. What is in use is taken out, and put back only after a load or an acknowledged append: an
//!    error or a dropped future leaves nothing behind.
//! 4. Whoever asks for the latest state without a command gets it from the store.
//!
//! Whose data is erased may be in any of them: all are forgotten then, and what was loaded before is
//! not remembered after it.
//!
//! What a stream holds at a version never changes while a process runs. Where a store was put back
//! to an earlier state all the same, reading on notices it by the id of the last event, and an
//! append may not: processes are stopped before that.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard};

use annals_core::{Aggregate, Cause, StreamId, SubjectId};
use async_trait::async_trait;
use hashlink::LruCache;

use crate::era::Era;
use crate::erasure::{Forgets, PlaceKind};
use crate::load::{Loaded, Shortcut};
use crate::repository::Repository;

/// The states of the aggregates that were used last, at most a given number of them.
pub(crate) struct Memory<A> {
    states: Mutex<LruCache<StreamId, Shortcut<A>>>,
}

impl<A> Memory<A> {
    pub(crate) fn of(aggregates: NonZeroUsize) -> Self {
        Self {
            states: Mutex::new(LruCache::new(aggregates.get())),
        }
    }

    /// Takes a state out: it is forgotten unless it is put back.
    pub(crate) fn take(&self, stream: &StreamId) -> Option<Shortcut<A>> {
        self.lock().remove(stream)
    }

    /// Remembers a state if it still may be remembered. If there are too many, the one that was not
    /// used for longest goes.
    pub(crate) fn put_if(
        &self,
        may_be: impl FnOnce() -> bool,
        stream: StreamId,
        state: Shortcut<A>,
    ) {
        let mut states = self.lock();
        if may_be() {
            states.insert(stream, state);
        }
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<StreamId, Shortcut<A>>> {
        let states = self.states.lock();
        states.expect("nothing panics while it holds the states")
    }
}

impl<A: Aggregate> Repository<A> {
    /// Takes out what is remembered of an aggregate.
    pub(crate) fn recall(&self, stream: &StreamId) -> Option<Shortcut<A>> {
        self.memory.as_ref()?.take(stream)
    }

    /// Remembers a state that was loaded; that of an aggregate without events is no help.
    pub(crate) fn remember_loaded(&self, stream: &StreamId, loaded: &Loaded<A>, era: Era) {
        if let (Some(memory), Some(last)) = (&self.memory, &loaded.last) {
            let state = Shortcut {
                state: loaded.state.clone(),
                version: loaded.version,
                last_event: last.id,
                replayed: loaded.replayed,
            };
            memory.put_if(|| self.eras.now() == era, stream.clone(), state);
        }
    }
}

/// Nothing that was loaded before is remembered or kept in a snapshot after it.
#[async_trait]
impl<A: Aggregate> Forgets for Repository<A> {
    fn name(&self) -> &str {
        A::CATEGORY
    }

    fn kind(&self) -> PlaceKind {
        PlaceKind::RememberedAggregates
    }

    async fn forget(&self, _: &SubjectId) -> Result<(), Cause> {
        self.eras.end();
        if let Some(memory) = &self.memory {
            memory.clear();
        }
        self.settle().await;
        Ok(())
    }
}
