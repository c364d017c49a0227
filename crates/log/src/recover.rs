//! Opening a log: what is there is verified, and what a stop left unfinished is settled.
//!
//! Each step can be interrupted and done again: what it changes, the next recovery judges as this one did.
//!
//! 1. Remove a half prepared segment, and make durable which files there are; make the first segment if there is
//!    none.
//! 2. [Verify](verify) every segment, and that each continues the one before.
//! 3. [Settle](settle) the tail: save and cut off an unfinished batch, make the rest durable.
//! 4. Note, durably, that the log is open and how far it is durable.

mod settle;
mod succession;
mod verify;

use std::sync::Arc;

use crate::active::ActiveSegment;
use crate::damage::{Corruption, Damage};
use crate::disk::Disk;
use crate::error::OpenError;
use crate::index::Index;
use crate::mark::{MARK, Mark};
use crate::options::LogOptions;
use crate::prepare;
use crate::segment::{SegmentHeader, segment_name};

/// What opening a log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Number of segments verified.
    pub segments: u64,
    /// Number of records in them.
    pub records: u64,
    /// What the last stop left.
    pub tail: Tail,
}

/// What the last stop left at the end of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// Nothing that was not known to be durable.
    Clean,
    /// Complete batches that may or may not have been durable or acknowledged. They are durable now.
    Kept {
        /// The number of their records.
        records: u64,
    },
    /// Part of a batch that was never acknowledged. It is not in the log any more; complete batches before it
    /// are, durably.
    RolledBack {
        /// The segment it was cut off from.
        file: String,
        /// Where the segment ends now.
        offset: u64,
        /// The number of bytes that were cut off.
        bytes: u64,
        /// The file in the log's directory to which they were saved.
        saved_as: String,
    },
}

/// An opened log.
pub(crate) struct Recovered {
    pub(crate) active: ActiveSegment,
    pub(crate) index: Arc<Index>,
    pub(crate) mark: Mark,
    pub(crate) recovery: Recovery,
}

/// Opens the log in a directory that nobody else has open, and shows `visit` every record.
pub(crate) fn recover(
    disk: &dyn Disk,
    options: &LogOptions,
    visit: &mut dyn FnMut(u64, &[u8]),
) -> Result<Recovered, OpenError> {
    prepare::remove_leftover(disk)?;
    // The last process may have ended between naming a segment and syncing its name.
    disk.sync_directory()?;
    if verify::segment_positions(disk)?.is_empty() {
        create(disk, options)?;
    }
    let mut mark = Mark::load(disk)?.ok_or_else(|| corruption(MARK, 1, Damage::Mark))?;
    let index = Arc::new(Index::default());
    let verified = verify::verify(disk, mark.claim(), &index, visit)?;
    let settled = settle::settle(disk, verified.last, mark.claim())?;

    let records = settled.active.last();
    mark.settle(records, false)?;
    index.publish(records);
    let recovery = Recovery {
        segments: verified.segments,
        records,
        tail: settled.tail,
    };
    Ok(Recovered {
        active: settled.active,
        index,
        mark,
        recovery,
    })
}

/// Makes the mark and the first segment of a new store.
fn create(disk: &dyn Disk, options: &LogOptions) -> Result<(), OpenError> {
    let durable = Mark::load(disk)?.map_or(0, |mark| mark.claim().durable);
    if durable > 0 {
        return Err(corruption(
            &segment_name(1),
            1,
            Damage::Acknowledged { durable },
        ));
    }
    let sizes = options.sizes();
    let header = SegmentHeader::first(options.store_id_if_new, sizes.max_batch_bytes);
    Mark::create(disk, options.store_id_if_new)?;
    let prepared = prepare::zero_filled(disk, sizes.segment_bytes)?;
    Ok(prepare::install(disk, &*prepared, &header)?)
}

/// Damage to a file as a whole.
fn corruption(file: &str, position: u64, damage: Damage) -> OpenError {
    Corruption {
        file: file.to_owned(),
        offset: 0,
        position,
        damage,
    }
    .into()
}
