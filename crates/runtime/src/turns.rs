//! Commands to one stream take turns within this process.

use std::hash::{DefaultHasher, Hash, Hasher};

use annals_core::StreamId;
use tokio::sync::{Mutex, MutexGuard};

/// Queues; more than commands usually in flight, so that few streams share one.
const QUEUES: usize = 1024;

/// A fixed number of fair queues, one of which each stream belongs to.
///
/// The store settles every race by itself. Without a queue, though, of many commands to one
/// stream all but one would conflict, load and decide again each round; with it they come
/// through in their order at the first attempt. The lock is held while a command waits for the
/// store, which is its purpose: it protects no data, only the order. Nobody takes two.
pub(crate) struct Turns {
    queues: Box<[Mutex<()>]>,
}

impl Turns {
    pub(crate) fn new() -> Self {
        let queues = (0..QUEUES).map(|_| Mutex::new(())).collect();
        Self { queues }
    }

    /// Waits until those who came before are done. The turn ends when the guard is dropped.
    pub(crate) async fn wait(&self, stream: &StreamId) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        stream.hash(&mut hasher);
        let queue = usize::try_from(hasher.finish() % QUEUES as u64);
        let queue = queue.expect("smaller than QUEUES, which is a usize");
        self.queues[queue].lock().await
    }
}
