//! After a stop that was not clean, the tail is made what it seems to be.

use super::Tail;
use super::verify::VerifiedSegment;
use crate::active::ActiveSegment;
use crate::disk::Disk;
use crate::error::OpenError;
use crate::mark::Claim;
use crate::scan::Extent;
use crate::segment::segment_name;

/// The last segment, durable up to its end, and what there was to do.
pub(super) struct Settled {
    pub(super) active: ActiveSegment,
    pub(super) tail: Tail,
}

/// Settles the tail of the last segment.
pub(super) fn settle(
    disk: &dyn Disk,
    last: VerifiedSegment,
    claim: Claim,
) -> Result<Settled, OpenError> {
    let tail = match last.torn_end {
        Some(torn_end) => roll_back(disk, &last, torn_end)?,
        None if claim.closed => Tail::Clean,
        None => keep(&last, claim)?,
    };
    let length = match tail {
        // No room is left, so that the next batch goes to a new segment.
        Tail::RolledBack { .. } => last.extent.end,
        Tail::Clean | Tail::Kept { .. } => last.length(),
    };
    Ok(Settled {
        active: ActiveSegment::new(last.indexed, last.extent, length),
        tail,
    })
}

/// Makes the complete batches durable, and the zeros after them.
///
/// They are written again, because after a failed sync the page cache may show what is not on the medium, and a
/// new sync would write nothing.
fn keep(last: &VerifiedSegment, claim: Claim) -> Result<Tail, OpenError> {
    let Extent {
        ref header, end, ..
    } = last.extent;
    rewrite(
        last,
        end.saturating_add(header.max_batch_bytes)
            .min(last.length()),
    )?;
    last.indexed.file.sync()?;
    Ok(match last.extent.last().saturating_sub(claim.durable) {
        0 => Tail::Clean,
        records => Tail::Kept { records },
    })
}

/// Saves the unfinished batch, then cuts it off, and makes the complete batches before it durable.
fn roll_back(disk: &dyn Disk, last: &VerifiedSegment, torn_end: u32) -> Result<Tail, OpenError> {
    let Extent {
        ref header, end, ..
    } = last.extent;
    let saved_as = format!("{:020}-{}.cut", header.first, header.epoch);
    let cut = &last.bytes[end as usize..torn_end as usize];
    let side_file = disk.create(&saved_as)?;
    side_file.write_all_at(cut, 0)?;
    side_file.sync()?;
    disk.sync_directory()?;

    rewrite(last, end)?;
    last.indexed.file.set_len(end.into())?;
    last.indexed.file.sync()?;
    Ok(Tail::RolledBack {
        file: segment_name(header.first),
        offset: end.into(),
        bytes: cut.len() as u64,
        saved_as,
    })
}

/// Writes again what is not known to be durable, up to an offset.
fn rewrite(last: &VerifiedSegment, end: u32) -> Result<(), OpenError> {
    let unproven = &last.bytes[last.unproven as usize..end as usize];
    Ok(last
        .indexed
        .file
        .write_all_at(unproven, last.unproven.into())?)
}

impl VerifiedSegment {
    fn length(&self) -> u32 {
        u32::try_from(self.bytes.len()).expect("a valid segment is measured by u32")
    }
}
