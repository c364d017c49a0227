//! The segment being written.

use std::io;
use std::sync::Arc;

use crate::batch::{self, Batch, Place};
use crate::disk::{Disk, DiskFile};
use crate::error::WriteFault;
use crate::index::IndexedSegment;
use crate::options::Sizes;
use crate::prepare;
use crate::scan::Extent;
use crate::segment::SegmentHeader;

/// The last segment, and how far it is written.
pub(crate) struct ActiveSegment {
    file: Arc<dyn DiskFile>,
    indexed: Arc<IndexedSegment>,
    extent: Extent,
    capacity: u32,
    /// The frames of the batch being written, and the offset of each record's: kept for their memory.
    frames: Vec<u8>,
    offsets: Vec<u32>,
}

impl ActiveSegment {
    pub(crate) fn new(
        indexed: Arc<IndexedSegment>,
        extent: Extent,
        capacity: u32,
    ) -> ActiveSegment {
        let file = Arc::clone(&indexed.file);
        ActiveSegment {
            file,
            indexed,
            extent,
            capacity,
            frames: Vec::new(),
            offsets: Vec::new(),
        }
    }

    /// What readers need of it.
    pub(crate) fn indexed(&self) -> Arc<IndexedSegment> {
        Arc::clone(&self.indexed)
    }

    /// The position of the last record.
    pub(crate) fn last(&self) -> u64 {
        self.extent.last()
    }

    /// Whether a batch of so many bytes may be written to it.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        bytes <= (self.capacity - self.extent.end) as usize
            && bytes <= self.extent.header.max_batch_bytes as usize
    }

    pub(crate) fn is_half_full(&self) -> bool {
        self.extent.end > self.capacity / 2
    }

    /// Makes a prepared file the segment after this, or in place of this when it has no record.
    pub(crate) fn succeed(
        &self,
        disk: &dyn Disk,
        prepared: Arc<dyn DiskFile>,
        sizes: Sizes,
    ) -> Result<ActiveSegment, WriteFault> {
        let header = SegmentHeader {
            number: self.extent.header.number + u64::from(!self.extent.is_empty()),
            // Always a new one: no frame of an earlier file, cut off or replaced, can be valid in this.
            epoch: self.extent.header.epoch + 1,
            first: self.extent.next,
            chain: self.extent.chain,
            max_batch_bytes: sizes.max_batch_bytes,
            ..self.extent.header
        };
        prepare::install(disk, &*prepared, &header)?;
        let extent = Extent::of_empty(header);
        let indexed = IndexedSegment::new(prepared, &extent, Vec::new());
        Ok(ActiveSegment::new(indexed, extent, sizes.segment_bytes))
    }

    /// Writes a batch it has room for, and makes it durable.
    pub(crate) fn write(&mut self, batch: &Batch) -> Result<(), WriteFault> {
        let Extent {
            ref header,
            end,
            next,
            chain,
        } = self.extent;
        let place = Place {
            framing: header.framing(),
            first: next,
            chain,
        };
        let chain = batch::encode(batch, &place, &mut self.frames, &mut self.offsets);
        if let Err(cause) = self.file.write_all_at(&self.frames, end.into()) {
            return Err(self.undo(cause));
        }
        self.file.sync().map_err(WriteFault::Unknown)?;

        self.offsets.iter_mut().for_each(|offset| *offset += end);
        self.extent.end +=
            u32::try_from(self.frames.len()).expect("the segment had room for the batch");
        self.extent.next += batch.len() as u64;
        self.extent.chain = chain;
        self.indexed.append(&self.offsets, self.extent.end);
        Ok(())
    }

    /// Puts back the zeros over a write that failed: only then is it certain that nothing of it will appear.
    fn undo(&mut self, cause: io::Error) -> WriteFault {
        self.frames.fill(0);
        let undone = self
            .file
            .write_all_at(&self.frames, self.extent.end.into())
            .and_then(|()| self.file.sync());
        match undone {
            Ok(()) => WriteFault::Undone(cause),
            Err(_) => WriteFault::Unknown(cause),
        }
    }
}
