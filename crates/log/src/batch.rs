//! Records to be committed together.

use crate::commit::{COMMIT_FRAME_BYTES, Chain, Commit, next_chain};
use crate::frame::{FRAME_HEADER_BYTES, Frame, FrameKind, Framing};

/// Records that [`Log::commit`](crate::Log::commit) makes durable together. Reusable: [`clear`](Batch::clear)
/// keeps the memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    payloads: Vec<u8>,
    /// Where each payload ends in `payloads`.
    ends: Vec<usize>,
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Batch {
        Batch::default()
    }

    /// Adds a record.
    pub fn push(&mut self, payload: &[u8]) {
        self.payloads.extend_from_slice(payload);
        self.ends.push(self.payloads.len());
    }

    /// Number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it holds no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes it takes in a segment; see [`LogOptions::max_batch_bytes`](crate::LogOptions::max_batch_bytes).
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.payloads.len() + self.len() * FRAME_HEADER_BYTES + COMMIT_FRAME_BYTES
    }

    /// Removes all records.
    pub fn clear(&mut self) {
        self.payloads.clear();
        self.ends.clear();
    }

    /// The records, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, &end)| &self.payloads[start..end])
    }
}

/// Where a batch goes.
pub(crate) struct Place {
    pub(crate) framing: Framing,
    /// The position of its first record.
    pub(crate) first: u64,
    /// The chain before it.
    pub(crate) chain: Chain,
}

/// Puts the frames of a batch, which fits in a segment, into `out` in place of what is there, and the offset of each record's frame
/// into `offsets`. Returns the chain after it.
pub(crate) fn encode(
    batch: &Batch,
    place: &Place,
    out: &mut Vec<u8>,
    offsets: &mut Vec<u32>,
) -> Chain {
    out.clear();
    offsets.clear();
    let mut position = place.first;
    for payload in batch.iter() {
        offsets.push(measure(out));
        place.framing.encode(
            Frame {
                kind: FrameKind::Record,
                position,
                payload,
            },
            out,
        );
        position += 1;
    }
    let chain = next_chain(&place.chain, out);
    let commit = Commit {
        first: place.first,
        count: u32::try_from(batch.len())
            .expect("every record takes bytes of a segment, which u32 measures"),
        bytes: measure(out),
        durable: place.first - 1,
        chain,
    };
    let payload = &commit.encode();
    place.framing.encode(
        Frame {
            kind: FrameKind::Commit,
            position: position - 1,
            payload,
        },
        out,
    );
    chain
}

fn measure(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a batch fits in a segment, which u32 measures")
}
