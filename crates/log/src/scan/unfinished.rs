//! Whether one unfinished write explains the bytes after the last valid batch.

use crate::commit::{COMMIT_FRAME_BYTES, Commit};
use crate::damage::Damage;
use crate::frame::{Framing, claimed_size};
use crate::scan::Extent;

/// What a disk writes as a whole or not at all.
const SECTOR: usize = 512;

const ZEROS: [u8; SECTOR] = [0; SECTOR];

/// Where the last byte that is not zero ends.
pub(super) fn end_of_data(bytes: &[u8]) -> u32 {
    let sectors = bytes.chunks(SECTOR).enumerate();
    let end = sectors
        .rev()
        .find(|(_, sector)| !is_zero(sector))
        .map_or(0, |(number, sector)| {
            let last = sector
                .iter()
                .rposition(|&byte| byte != 0)
                .expect("the sector is not all zeros");
            number * SECTOR + last + 1
        });
    u32::try_from(end).expect("a segment is measured by u32")
}

/// Checks points 2 to 4 of the rule in [`scan`](super): the bytes from the end of `extent` to `end`, of which the frame at
/// `invalid` is the first that does not read as valid.
pub(super) fn explain(bytes: &[u8], extent: &Extent, invalid: u32, end: u32) -> Result<(), Damage> {
    if end - extent.end > extent.header.max_batch_bytes {
        return Err(Damage::BeyondOneBatch);
    }
    let (invalid, end) = (invalid as usize, end as usize);
    let commit = own_commit(bytes, extent, invalid..end)?;
    let frame_end = (invalid + claimed_size(&bytes[invalid..])).min(commit.unwrap_or(usize::MAX));
    if frame_end > end || lacks_a_sector(bytes, extent.end as usize, invalid..frame_end) {
        return Ok(());
    }
    Err(Damage::Frame)
}

/// Where in `range` the unfinished batch has its commit frame, if that was written.
fn own_commit(
    bytes: &[u8],
    extent: &Extent,
    range: std::ops::Range<usize>,
) -> Result<Option<usize>, Damage> {
    let framing = extent.header.framing();
    let end = range.end;
    let mut own = None;
    for offset in range {
        let Some(commit) = commit_at(bytes, framing, offset) else {
            continue;
        };
        let start = offset.checked_sub(commit.bytes as usize);
        if commit.first < extent.next {
            // Not a commit of this place: a record may quote one that is.
            continue;
        }
        if commit.first > extent.next
            || start != Some(extent.end as usize)
            || offset + COMMIT_FRAME_BYTES < end
        {
            return Err(Damage::BeyondOneBatch);
        }
        own = Some(offset);
    }
    Ok(own)
}

fn commit_at(bytes: &[u8], framing: Framing, offset: usize) -> Option<Commit> {
    Commit::decode(&framing.decode(&bytes[offset..])?)
}

/// Whether a sector of `frame` is zeros as it was before the batch that begins at `batch`.
fn lacks_a_sector(bytes: &[u8], batch: usize, frame: std::ops::Range<usize>) -> bool {
    (frame.start / SECTOR..frame.end.div_ceil(SECTOR)).any(|number| {
        let start = (number * SECTOR).max(batch);
        let end = ((number + 1) * SECTOR).min(bytes.len());
        is_zero(&bytes[start..end])
    })
}

fn is_zero(sector: &[u8]) -> bool {
    sector == &ZEROS[..sector.len()]
}
