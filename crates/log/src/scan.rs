//! What the bytes of one segment say: a pure function from bytes to a verdict.
//!
//! The hard question is what to make of bytes that do not read as a batch. A crash can only hurt what was not
//! synced, and that is at most one batch: the writer syncs each before it writes the next. So the tail of the
//! last segment may be cut off when one unfinished write explains it, and only then:
//!
//! 1. nothing in it is known to have been durable, and the log was not closed cleanly;
//! 2. it is no longer than the largest batch;
//! 3. no valid commit of another batch is in it: that would prove the batch before durable;
//! 4. its first invalid frame was never wholly written. The file was zeros before, so a sector that was not
//!    written is zeros, or the frame ends in the zeros after the data.
//!
//! Anything else is corruption.

mod unfinished;

use crate::commit::{Chain, Commit, next_chain};
use crate::damage::Damage;
use crate::frame::{Frame, FrameKind, Framing};
use crate::segment::{HEADER_BYTES, HeaderFault, SegmentHeader};

/// What is known of a segment besides its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// The last position known to be durable; in a segment that others follow, 0 will do.
    pub(crate) durable: u64,
    /// Whether the segment was complete or the log closed cleanly: then no write can be unfinished.
    pub(crate) at_rest: bool,
}

/// What a segment's bytes say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Valid batches, then zeros.
    Whole(Extent),
    /// Valid batches, then what one unfinished write left.
    Torn {
        /// The valid batches.
        kept: Extent,
        /// Where the last byte that is not zero ends.
        end: u32,
    },
    /// Damage that no crash explains.
    Corrupt {
        /// Where the damage begins.
        offset: u64,
        /// The position of the first record that cannot be read for it; 0 when the header is the damage.
        position: u64,
        /// What is wrong.
        damage: Damage,
    },
    /// A segment of a later format version.
    Newer(u32),
    /// No segment at all.
    NotASegment,
}

/// How far the valid batches of a segment reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The segment's header.
    pub(crate) header: SegmentHeader,
    /// Where the last valid batch ends.
    pub(crate) end: u32,
    /// The position after the last valid record.
    pub(crate) next: u64,
    /// The hash of everything committed up to here.
    pub(crate) chain: [u8; 32],
}

/// A record of a valid batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found<'a> {
    /// Where its frame begins.
    pub(crate) offset: u32,
    /// Its position.
    pub(crate) position: u64,
    /// Its bytes.
    pub(crate) payload: &'a [u8],
}

/// Judges the bytes of a segment file, and shows `visit` the records of all valid batches, in order.
///
/// Never panics, whatever the bytes. Whether the segment continues the one before is not asked here.
pub(crate) fn scan(bytes: &[u8], evidence: Evidence, visit: &mut dyn FnMut(Found<'_>)) -> Verdict {
    let corrupt_header = |damage| Verdict::Corrupt {
        offset: 0,
        position: 0,
        damage,
    };
    if u32::try_from(bytes.len()).is_err() {
        return corrupt_header(Damage::TooLong);
    }
    let header = match SegmentHeader::decode(bytes) {
        Ok(header) => header,
        Err(HeaderFault::Magic) => return Verdict::NotASegment,
        Err(HeaderFault::Checksum) => return corrupt_header(Damage::Header),
        Err(HeaderFault::Version(version)) => return Verdict::Newer(version),
    };
    let framing = header.framing();
    let mut extent = Extent::of_empty(header);
    let fault = loop {
        match read_batch(bytes, framing, &extent) {
            Ok(batch) => {
                batch.records.iter().for_each(|record| visit(*record));
                extent = extent.after(&batch);
            }
            Err(fault) => break fault,
        }
    };
    judge(bytes, extent, fault, evidence)
}

impl Extent {
    /// The extent of a segment without a record.
    pub(crate) fn of_empty(header: SegmentHeader) -> Extent {
        Extent {
            end: HEADER_BYTES,
            next: header.first,
            chain: header.chain,
            header,
        }
    }

    /// The position of the last record up to here.
    pub(crate) fn last(&self) -> u64 {
        self.next.wrapping_sub(1)
    }

    /// Whether the segment holds no valid record.
    pub(crate) fn is_empty(&self) -> bool {
        self.next == self.header.first
    }

    fn after(self, batch: &ValidBatch<'_>) -> Extent {
        let next = self.next.wrapping_add(batch.records.len() as u64);
        Extent {
            end: batch.end,
            next,
            chain: batch.chain,
            ..self
        }
    }
}

struct ValidBatch<'a> {
    records: Vec<Found<'a>>,
    end: u32,
    chain: Chain,
}

struct Fault {
    offset: u32,
    damage: Damage,
}

/// The batch after `extent`.
fn read_batch<'a>(
    bytes: &'a [u8],
    framing: Framing,
    extent: &Extent,
) -> Result<ValidBatch<'a>, Fault> {
    let mut records = Vec::new();
    let mut offset = extent.end;
    loop {
        let fault = |damage| Fault { offset, damage };
        let frame = framing
            .decode(&bytes[offset as usize..])
            .ok_or_else(|| fault(Damage::Frame))?;
        let end = offset
            + u32::try_from(frame.size()).expect("a frame lies in its segment, which u32 measures");
        if frame.kind == FrameKind::Commit {
            let frames = &bytes[extent.end as usize..offset as usize];
            let chain = check_commit(&frame, extent, records.len(), frames).map_err(fault)?;
            return Ok(ValidBatch {
                records,
                end,
                chain,
            });
        }
        let position = extent.next.wrapping_add(records.len() as u64);
        if frame.position != position {
            return Err(fault(Damage::WrongPosition {
                found: frame.position,
            }));
        }
        records.push(Found {
            offset,
            position,
            payload: frame.payload,
        });
        offset = end;
    }
}

/// Checks a commit frame against the records before it, and returns the chain after them.
fn check_commit(
    frame: &Frame<'_>,
    extent: &Extent,
    records: usize,
    frames: &[u8],
) -> Result<Chain, Damage> {
    let commit = Commit::decode(frame).ok_or(Damage::Commit)?;
    let describes_its_batch = records > 0
        && commit.first == extent.next
        && commit.count as usize == records
        && commit.bytes as usize == frames.len()
        && commit.durable == extent.last()
        && frame.position == extent.next.wrapping_add(records as u64 - 1);
    if !describes_its_batch {
        return Err(Damage::Commit);
    }
    if commit.chain != next_chain(&extent.chain, frames) {
        return Err(Damage::Chain);
    }
    Ok(commit.chain)
}

/// What to make of a segment whose valid batches end with a fault: at the least, that of finding zeros.
fn judge(bytes: &[u8], extent: Extent, fault: Fault, evidence: Evidence) -> Verdict {
    let position = extent.next;
    let corrupt = |damage| Verdict::Corrupt {
        offset: fault.offset.into(),
        position,
        damage,
    };
    let durable = evidence.durable;
    let end = unfinished::end_of_data(bytes);
    if end <= extent.end {
        return if extent.last() < durable {
            corrupt(Damage::Acknowledged { durable })
        } else {
            Verdict::Whole(extent)
        };
    }
    if fault.damage != Damage::Frame || evidence.at_rest || extent.last() < durable {
        return corrupt(fault.damage);
    }
    match unfinished::explain(bytes, &extent, fault.offset, end) {
        Ok(()) => Verdict::Torn { kept: extent, end },
        Err(damage) => corrupt(damage),
    }
}

#[cfg(test)]
mod tests;
