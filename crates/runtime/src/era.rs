//! What a command knew of a person before they were forgotten is not kept after it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts how often persons were forgotten in this process.
#[derive(Debug, Default)]
pub(crate) struct Eras(AtomicU64);

/// The time between two times that persons were forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Era(u64);

impl Eras {
    /// The one that lasts.
    pub(crate) fn now(&self) -> Era {
        Era(self.0.load(Ordering::SeqCst))
    }

    /// Begins another.
    pub(crate) fn end(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
