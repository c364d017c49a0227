//! Where each durable record lies.
//!
//! In memory, four bytes a record. What readers ask is [`IndexedSegment::run`] only, so that a sparser index,
//! which reads from a known frame onward, can take its place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use crate::disk::DiskFile;
use crate::frame::Framing;
use crate::scan::Extent;
use crate::segment::segment_name;

/// All segments, and how far they may be read. Shared by the writer and the readers.
#[derive(Default)]
pub(crate) struct Index {
    durable: AtomicU64,
    by_first_position: RwLock<BTreeMap<u64, Arc<IndexedSegment>>>,
}

/// One segment and its record frames.
pub(crate) struct IndexedSegment {
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) framing: Framing,
    first: u64,
    frames: RwLock<Frames>,
}

struct Frames {
    offsets: Vec<u32>,
    /// Where the last batch ends.
    end: u32,
}

/// Consecutive records of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    /// Where their frames lie; commit frames may lie between and after them.
    pub(crate) bytes: Range<u32>,
    pub(crate) records: usize,
}

impl Index {
    /// The last position that may be read.
    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    /// Lets readers see everything up to a position, which is durable and indexed.
    pub(crate) fn publish(&self, durable: u64) {
        self.durable.store(durable, Ordering::Release);
    }

    /// Adds a segment, in place of an empty one that starts at the same position.
    pub(crate) fn add(&self, segment: Arc<IndexedSegment>) {
        let mut segments = self
            .by_first_position
            .write()
            .expect("nothing panics while it holds the segments");
        segments.insert(segment.first, segment);
    }

    /// The segment of a durable position.
    pub(crate) fn segment_of(&self, position: u64) -> Arc<IndexedSegment> {
        let segments = self
            .by_first_position
            .read()
            .expect("nothing panics while it holds the segments");
        let (_, segment) = segments
            .range(..=position)
            .next_back()
            .expect("every durable position is in a segment");
        Arc::clone(segment)
    }
}

impl IndexedSegment {
    /// A segment and the offsets of its record frames.
    pub(crate) fn new(
        file: Arc<dyn DiskFile>,
        extent: &Extent,
        offsets: Vec<u32>,
    ) -> Arc<IndexedSegment> {
        Arc::new(IndexedSegment {
            file,
            framing: extent.header.framing(),
            first: extent.header.first,
            frames: RwLock::new(Frames {
                offsets,
                end: extent.end,
            }),
        })
    }

    pub(crate) fn name(&self) -> String {
        segment_name(self.first)
    }

    /// Adds the record frames of a batch that ends at `end`.
    pub(crate) fn append(&self, offsets: &[u32], end: u32) {
        let mut frames = self
            .frames
            .write()
            .expect("nothing panics while it holds the frames");
        frames.offsets.extend_from_slice(offsets);
        frames.end = end;
    }

    /// As many of the records `positions`, whose first is here, as follow in this segment and in `max_bytes`, at least one.
    pub(crate) fn run(&self, positions: Range<u64>, max_bytes: usize) -> Run {
        let frames = self
            .frames
            .read()
            .expect("nothing panics while it holds the frames");
        let skipped = to_index(positions.start - self.first);
        let wanted = to_index(positions.end - positions.start);
        let here = &frames.offsets[skipped..];
        let start = here[0];
        let ends = here[1..]
            .iter()
            .chain(std::iter::once(&frames.end))
            .take(wanted);
        let fitting = ends
            .take_while(|&&end| (end - start) as usize <= max_bytes)
            .count();
        let records = fitting.max(1);
        let end = here.get(records).copied().unwrap_or(frames.end);
        Run {
            bytes: start..end,
            records,
        }
    }
}

fn to_index(distance: u64) -> usize {
    usize::try_from(distance).unwrap_or(usize::MAX)
}
