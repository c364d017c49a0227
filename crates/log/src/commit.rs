//! The end of a batch: what the commit frame says of the record frames before it.
//!
//! ```text
//!  0   first position   u64
//!  8   count            u32, of the records
//! 12   bytes            u32, of their frames
//! 16   durable          u64, the last position known to be durable when the batch was written
//! 24   chain            BLAKE3-256 of the chain before and the record frames
//! 56
//! ```

use crate::frame::{FRAME_HEADER_BYTES, Frame, FrameKind};
use crate::little_endian::{array_at, u32_at, u64_at};

/// A hash over everything committed up to some place in the log.
pub(crate) type Chain = [u8; 32];

/// The chain before the first batch.
pub(crate) const FIRST_CHAIN: Chain = [0; 32];

const PAYLOAD_BYTES: usize = 56;

/// Bytes of a commit frame.
pub(crate) const COMMIT_FRAME_BYTES: usize = FRAME_HEADER_BYTES + PAYLOAD_BYTES;

/// What a commit frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Commit {
    pub(crate) first: u64,
    pub(crate) count: u32,
    pub(crate) bytes: u32,
    pub(crate) durable: u64,
    pub(crate) chain: Chain,
}

impl Commit {
    pub(crate) fn encode(&self) -> [u8; PAYLOAD_BYTES] {
        let mut payload = [0; PAYLOAD_BYTES];
        payload[0..8].copy_from_slice(&self.first.to_le_bytes());
        payload[8..12].copy_from_slice(&self.count.to_le_bytes());
        payload[12..16].copy_from_slice(&self.bytes.to_le_bytes());
        payload[16..24].copy_from_slice(&self.durable.to_le_bytes());
        payload[24..56].copy_from_slice(&self.chain);
        payload
    }

    /// What a valid frame says, if it is a commit frame.
    pub(crate) fn decode(frame: &Frame<'_>) -> Option<Commit> {
        if frame.kind != FrameKind::Commit || frame.payload.len() != PAYLOAD_BYTES {
            return None;
        }
        Some(Commit {
            first: u64_at(frame.payload, 0),
            count: u32_at(frame.payload, 8),
            bytes: u32_at(frame.payload, 12),
            durable: u64_at(frame.payload, 16),
            chain: array_at(frame.payload, 24),
        })
    }
}

/// The chain after a batch of these record frames.
pub(crate) fn next_chain(chain: &Chain, frames: &[u8]) -> Chain {
    *blake3::Hasher::new()
        .update(chain)
        .update(frames)
        .finalize()
        .as_bytes()
}
