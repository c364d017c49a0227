//! One frame: a payload with what proves that it is whole and in its place. Pure.
//!
//! ```text
//!  0   tag        "REC1" or "CMT1"
//!  4   length     u32, of the payload
//!  8   position   u64
//! 16   checksum   CRC32C of the place, bytes 0..16 and the payload
//! 20   payload
//! ```
//!
//! The *place* (store, segment, epoch) is in the checksum but not in the frame: a frame copied from
//! elsewhere, or left over from before a tail was cut off, does not read as valid.

use crate::little_endian::{array_at, u32_at, u64_at};
use crate::options::StoreId;

/// Bytes of a frame before its payload.
pub(crate) const FRAME_HEADER_BYTES: usize = 20;

const CHECKED_HEADER_BYTES: usize = 16;

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameKind {
    /// A record of the caller.
    Record,
    /// The end of a batch.
    Commit,
}

/// A valid frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: FrameKind,
    pub(crate) position: u64,
    pub(crate) payload: &'a [u8],
}

/// Writes and reads the frames of one segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Framing {
    /// The checksum of the place, which every frame's checksum continues.
    place: u32,
}

impl Framing {
    pub(crate) fn new(store_id: &StoreId, segment: u64, epoch: u64) -> Framing {
        let place = crc32c::crc32c(store_id);
        let place = crc32c::crc32c_append(place, &segment.to_le_bytes());
        Framing {
            place: crc32c::crc32c_append(place, &epoch.to_le_bytes()),
        }
    }

    /// Appends a frame to `out`.
    pub(crate) fn encode(&self, frame: Frame<'_>, out: &mut Vec<u8>) {
        let length = u32::try_from(frame.payload.len())
            .expect("a payload fits in a segment, which u32 measures");
        let start = out.len();
        out.extend_from_slice(frame.kind.tag());
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&frame.position.to_le_bytes());
        let checksum = self.checksum(&out[start..], frame.payload);
        out.extend_from_slice(&checksum.to_le_bytes());
        out.extend_from_slice(frame.payload);
    }

    /// The frame at the start of `bytes`, or `None` if there is no valid one.
    pub(crate) fn decode<'a>(&self, bytes: &'a [u8]) -> Option<Frame<'a>> {
        let (kind, length) = claim(bytes)?;
        let payload = bytes.get(FRAME_HEADER_BYTES..)?.get(..length)?;
        let checksum = self.checksum(&bytes[..CHECKED_HEADER_BYTES], payload);
        if checksum != u32_at(bytes, CHECKED_HEADER_BYTES) {
            return None;
        }
        Some(Frame {
            kind,
            position: u64_at(bytes, 8),
            payload,
        })
    }

    fn checksum(&self, header: &[u8], payload: &[u8]) -> u32 {
        crc32c::crc32c_append(crc32c::crc32c_append(self.place, header), payload)
    }
}

impl Frame<'_> {
    /// Its bytes in the file.
    pub(crate) fn size(&self) -> usize {
        FRAME_HEADER_BYTES + self.payload.len()
    }
}

impl FrameKind {
    fn tag(self) -> &'static [u8; 4] {
        match self {
            FrameKind::Record => b"REC1",
            FrameKind::Commit => b"CMT1",
        }
    }

    fn of_tag(tag: [u8; 4]) -> Option<FrameKind> {
        [FrameKind::Record, FrameKind::Commit]
            .into_iter()
            .find(|kind| *kind.tag() == tag)
    }
}

/// The bytes the frame at the start of `bytes` says to have, true or not; those of a header if it is none.
pub(crate) fn claimed_size(bytes: &[u8]) -> usize {
    FRAME_HEADER_BYTES + claim(bytes).map_or(0, |(_, length)| length)
}

/// Kind and length of payload by the header, which may lie.
fn claim(bytes: &[u8]) -> Option<(FrameKind, usize)> {
    let header = bytes.get(..FRAME_HEADER_BYTES)?;
    let kind = FrameKind::of_tag(array_at(header, 0))?;
    Some((kind, u32_at(header, 4) as usize))
}

#[cfg(test)]
mod tests;
