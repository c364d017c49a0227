//! Every segment is read once: judged, linked to the one before, indexed, and shown to the caller.

use std::io;
use std::sync::Arc;

use super::corruption;
use super::succession::Succession;
use crate::damage::Corruption;
use crate::disk::{Disk, read_start};
use crate::error::OpenError;
use crate::index::{Index, IndexedSegment};
use crate::mark::Claim;
use crate::scan::{Evidence, Extent, Verdict, scan};
use crate::segment::{first_position_of, segment_name};

/// A log whose segments are all valid and in order, but for the tail of the last.
pub(super) struct Verified {
    pub(super) last: VerifiedSegment,
    pub(super) segments: u64,
}

/// A valid segment.
pub(super) struct VerifiedSegment {
    pub(super) indexed: Arc<IndexedSegment>,
    pub(super) extent: Extent,
    pub(super) bytes: Vec<u8>,
    /// Where the bytes of an unfinished batch end, if there are any.
    pub(super) torn_end: Option<u32>,
    /// Where the first record begins that is not known to be durable.
    pub(super) unproven: u32,
}

/// The first positions of all segments, in order.
pub(super) fn segment_positions(disk: &dyn Disk) -> io::Result<Vec<u64>> {
    let mut positions: Vec<u64> = disk
        .list()?
        .iter()
        .filter_map(|name| first_position_of(name))
        .collect();
    positions.sort_unstable();
    Ok(positions)
}

/// Verifies a log that has a segment.
pub(super) fn verify(
    disk: &dyn Disk,
    claim: Claim,
    index: &Index,
    visit: &mut dyn FnMut(u64, &[u8]),
) -> Result<Verified, OpenError> {
    let mut succession = Succession::from_start(claim.store_id);
    let mut verify_next = |first: u64, evidence: Evidence| -> Result<VerifiedSegment, OpenError> {
        let segment = verify_segment(disk, first, evidence, visit)?;
        succession
            .advance(first, &segment.extent)
            .map_err(|damage| corruption(&segment_name(first), first, damage))?;
        index.add(Arc::clone(&segment.indexed));
        Ok(segment)
    };
    let mut complete = segment_positions(disk)?;
    let last = complete
        .pop()
        .expect("a store has a segment from its creation on");
    for &first in &complete {
        verify_next(
            first,
            Evidence {
                durable: 0,
                at_rest: true,
            },
        )?;
    }
    let last = verify_next(
        last,
        Evidence {
            durable: claim.durable,
            at_rest: claim.closed,
        },
    )?;
    Ok(Verified {
        last,
        segments: complete.len() as u64 + 1,
    })
}

/// Verifies the segment that is named by a position.
fn verify_segment(
    disk: &dyn Disk,
    first: u64,
    evidence: Evidence,
    visit: &mut dyn FnMut(u64, &[u8]),
) -> Result<VerifiedSegment, OpenError> {
    let file = disk.open(&segment_name(first))?;
    let bytes = read_start(&*file, u64::from(u32::MAX) + 1)?;
    let mut offsets = Vec::new();
    let mut unproven = None;
    let verdict = scan(&bytes, evidence, &mut |record| {
        offsets.push(record.offset);
        if record.position > evidence.durable {
            unproven.get_or_insert(record.offset);
        }
        visit(record.position, record.payload);
    });
    let (extent, torn_end) = accept(verdict, first)?;
    let unproven = unproven.unwrap_or(extent.end);
    Ok(VerifiedSegment {
        indexed: IndexedSegment::new(file, &extent, offsets),
        extent,
        bytes,
        torn_end,
        unproven,
    })
}

/// How far the segment that is named by `first` is valid, and where its torn tail ends, unless it is to be refused.
fn accept(verdict: Verdict, first: u64) -> Result<(Extent, Option<u32>), OpenError> {
    let file = segment_name(first);
    match verdict {
        Verdict::Whole(extent) => Ok((extent, None)),
        Verdict::Torn { kept, end } => Ok((kept, Some(end))),
        Verdict::Corrupt {
            offset,
            position,
            damage,
        } => Err(Corruption {
            file,
            offset,
            position: position.max(first),
            damage,
        }
        .into()),
        Verdict::Newer(version) => Err(OpenError::NewerFormat { file, version }),
        Verdict::NotASegment => Err(OpenError::NotALog { file }),
    }
}
