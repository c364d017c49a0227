//! Reading records, while the writer goes on.

use std::ops::Range;
use std::sync::Arc;

use crate::damage::{Corruption, Damage};
use crate::error::ReadError;
use crate::frame::{Frame, FrameKind};
use crate::index::{Index, IndexedSegment};

/// Reads the durable records of a [`Log`](crate::Log), also after it is closed. A clone reads the same log; threads may
/// share one.
///
/// What it returns was checked against its checksum and its position.
#[derive(Clone)]
pub struct LogReader {
    index: Arc<Index>,
}

/// Consecutive records, in one buffer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    bytes: Vec<u8>,
    spans: Vec<(u64, Range<usize>)>,
}

impl LogReader {
    pub(crate) fn new(index: Arc<Index>) -> LogReader {
        LogReader { index }
    }

    /// The last position that is durable: the last that can be read.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.index.durable()
    }

    /// The record at a position, by one read of the disk.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read(&self, position: u64) -> Result<Vec<u8>, ReadError> {
        if position == 0 || position > self.durable() {
            return Err(ReadError::NotThere { position });
        }
        let Records { mut bytes, spans } = self.run(position..position + 1, 0)?;
        let (_, span) = &spans[0];
        bytes.truncate(span.end);
        bytes.drain(..span.start);
        Ok(bytes)
    }

    /// Records after a position, by one read of the disk: as many as take `max_bytes` there and lie in one segment, at least
    /// one; none only when no later one is durable.
    ///
    /// For speed, ask for 256 KiB or more.
    ///
    /// # Errors
    /// [`Corrupt`](ReadError::Corrupt) or [`Disk`](ReadError::Disk).
    pub fn scan(&self, after: u64, max_bytes: usize) -> Result<Records, ReadError> {
        let durable = self.durable();
        if after >= durable {
            return Ok(Records::default());
        }
        self.run(after + 1..durable + 1, max_bytes)
    }

    /// Records from the start of `positions`, all of which are durable.
    fn run(&self, positions: Range<u64>, max_bytes: usize) -> Result<Records, ReadError> {
        let segment = self.index.segment_of(positions.start);
        let first = positions.start;
        let run = segment.run(positions, max_bytes);
        let mut bytes = vec![0; run.bytes.len()];
        segment
            .file
            .read_exact_at(&mut bytes, run.bytes.start.into())?;
        let spans =
            find_records(&segment, &bytes, first, run.records).map_err(|fault| Corruption {
                file: segment.name(),
                offset: u64::from(run.bytes.start) + fault.offset as u64,
                position: fault.position,
                damage: fault.damage,
            })?;
        Ok(Records { bytes, spans })
    }
}

impl Records {
    /// Number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Position and payload of each, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &[u8])> {
        self.spans
            .iter()
            .map(|(position, span)| (*position, &self.bytes[span.clone()]))
    }

    /// The buffer, and for each position where in it its payload lies: to share the buffer and copy nothing.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, Vec<(u64, Range<usize>)>) {
        (self.bytes, self.spans)
    }
}

struct Fault {
    offset: usize,
    position: u64,
    damage: Damage,
}

/// Finds so many consecutive records in bytes that begin with the frame of the first.
fn find_records(
    segment: &IndexedSegment,
    bytes: &[u8],
    first: u64,
    count: usize,
) -> Result<Vec<(u64, Range<usize>)>, Fault> {
    let mut spans = Vec::with_capacity(count);
    let mut offset = 0;
    let mut position = first;
    while spans.len() < count {
        let fault = |damage| Fault {
            offset,
            position,
            damage,
        };
        let frame = segment
            .framing
            .decode(&bytes[offset..])
            .ok_or_else(|| fault(Damage::Frame))?;
        let end = offset + frame.size();
        if let Frame {
            kind: FrameKind::Record,
            position: found,
            payload,
        } = frame
        {
            if found != position {
                return Err(fault(Damage::WrongPosition { found }));
            }
            spans.push((position, end - payload.len()..end));
            position += 1;
        }
        offset = end;
    }
    Ok(spans)
}
