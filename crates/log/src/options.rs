//! How a log is to be kept.

use crate::segment::HEADER_BYTES;

const SMALLEST_SEGMENT_BYTES: u32 = 1024;

/// What tells stores apart. It is in every checksum, so that no store takes another's files for its own.
pub type StoreId = [u8; 16];

/// How a log is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    /// The identity of the store, if this creates it; one that exists keeps its own.
    pub store_id_if_new: StoreId,
    /// Bytes of a new segment file, allocated at once; at least 1 KiB. 64 MiB by default.
    pub segment_bytes: u32,
    /// Bytes a batch may take in a segment, [`Batch::bytes`](crate::Batch::bytes); never more than a
    /// segment holds. 16 MiB by default.
    pub max_batch_bytes: u32,
    /// Whether a thread prepares the next segment when the current one is half full. On by default; without
    /// it the commit that needs the segment waits for it, and every call to the disk is made by the caller's
    /// own thread, in an order that a simulation can repeat.
    pub prepare_ahead: bool,
}

impl LogOptions {
    /// The defaults.
    #[must_use]
    pub fn new(store_id_if_new: StoreId) -> LogOptions {
        LogOptions {
            store_id_if_new,
            segment_bytes: 64 * 1024 * 1024,
            max_batch_bytes: 16 * 1024 * 1024,
            prepare_ahead: true,
        }
    }

    pub(crate) fn sizes(&self) -> Sizes {
        let segment_bytes = self.segment_bytes.max(SMALLEST_SEGMENT_BYTES);
        Sizes {
            segment_bytes,
            max_batch_bytes: self.max_batch_bytes.min(segment_bytes - HEADER_BYTES),
        }
    }
}

/// The sizes of a new segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) segment_bytes: u32,
    pub(crate) max_batch_bytes: u32,
}
