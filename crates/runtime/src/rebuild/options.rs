//! How a read model is rebuilt.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use annals_core::{Clock, EditionId, IdSource, Leases, RandomIds, SystemClock};

use crate::backoff::Backoff;
use crate::batches::Batches;

/// How a read model is rebuilt. The defaults are for production.
#[derive(Clone)]
pub struct RebuildOptions {
    /// Most events in one batch, hence in one transaction.
    pub max_batch: NonZeroUsize,
    /// Most events in a second; none is as many as there can be.
    pub throttle: Option<NonZeroU32>,
    /// How many rows of each table are compared, drawn at random.
    pub sample: u32,
    /// When the rebuilt read model becomes the one that is read.
    pub cut_over: CutOver,
    /// Which edition is to be replaced. Once another one has taken its place, there is nothing left
    /// to do. None: whichever is the current one when it begins.
    pub replaces: Option<EditionId>,
    /// Lets one of several processes rebuild at a time. Without, it must be the only one.
    pub leases: Option<Arc<dyn Leases>>,
    /// How long to wait before asking again whether it is one's turn, at most.
    pub lease_retry: Duration,
    /// How often in a row it begins again without getting anywhere.
    pub attempts: u32,
    /// How long to wait when a database or the store is unavailable.
    pub backoff: Backoff,
    /// Tells how long it takes.
    pub clock: Arc<dyn Clock>,
    /// Makes the waits differ.
    pub ids: Arc<dyn IdSource>,
}

/// When a rebuilt read model becomes the one that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutOver {
    /// As soon as the comparison finds no difference. If it finds any, it waits to be told, with
    /// what it found.
    WhenSame,
    /// As soon as it is complete, whatever the comparison finds: for a fold that is meant to give
    /// other rows.
    WhenComplete,
    /// Not before [`super::RebuildHandle::accept`].
    WhenTold,
}

impl Default for RebuildOptions {
    fn default() -> Self {
        Self {
            max_batch: NonZeroUsize::new(20_000).expect("20,000 is not zero"),
            throttle: None,
            sample: 200,
            cut_over: CutOver::WhenSame,
            replaces: None,
            leases: None,
            lease_retry: Duration::from_secs(1),
            attempts: 10,
            backoff: Backoff {
                first: Duration::from_millis(50),
                most: Duration::from_secs(5),
            },
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
        }
    }
}

impl RebuildOptions {
    /// How events are read.
    pub(super) fn batches(&self) -> Batches {
        Batches {
            max_batch: self.max_batch,
            throttle: self.throttle,
        }
    }
}

impl std::fmt::Debug for RebuildOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RebuildOptions")
            .field("max_batch", &self.max_batch)
            .field("throttle", &self.throttle)
            .field("sample", &self.sample)
            .field("cut_over", &self.cut_over)
            .field("replaces", &self.replaces)
            .field("lease_retry", &self.lease_retry)
            .field("attempts", &self.attempts)
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}
