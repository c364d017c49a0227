//! What can be chosen when a store is opened.

use std::num::NonZeroUsize;
use std::sync::Arc;

use annals_core::{Clock, IdSource, RandomIds, SystemClock};

/// What can be chosen when a store is opened. The defaults are for production.
#[derive(Clone)]
pub struct EmbeddedOptions {
    /// Size of one file of the log, in bytes; at least
    /// [`LEAST_SEGMENT_BYTES`](Self::LEAST_SEGMENT_BYTES).
    pub segment_bytes: u32,
    /// Most appends that wait at one time. Further callers of `append` wait for a place.
    pub waiting_appends: NonZeroUsize,
    /// Tells when events are recorded.
    pub clock: Arc<dyn Clock>,
    /// Gives a new store its identity.
    pub ids: Arc<dyn IdSource>,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 64 * 1024 * 1024,
            waiting_appends: NonZeroUsize::new(1024).expect("1024 is not zero"),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
        }
    }
}

impl EmbeddedOptions {
    /// The smallest `segment_bytes` that the largest append fits in: 16 MiB.
    pub const LEAST_SEGMENT_BYTES: u32 = 16 * 1024 * 1024;

    /// Smaller files, since a file of an in-memory disk takes its full size at once.
    pub fn in_memory() -> Self {
        Self {
            segment_bytes: Self::LEAST_SEGMENT_BYTES,
            ..Self::default()
        }
    }
}

impl std::fmt::Debug for EmbeddedOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedOptions")
            .field("segment_bytes", &self.segment_bytes)
            .field("waiting_appends", &self.waiting_appends)
            .finish_non_exhaustive()
    }
}
