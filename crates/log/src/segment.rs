//! The header and the name of a segment file.
//!
//! ```text
//!   0   magic              "ANNALSEG"
//!   8   format version     u32, 1
//!  12   checksum           CRC32C of bytes 0..12 and 16..512
//!  16   store id           16 bytes
//!  32   segment number     u64, from 1
//!  40   epoch              u64, from 1; one more in every segment file made
//!  48   first position     u64
//!  56   chain              BLAKE3-256, of everything before this segment
//!  88   largest batch      u32, bytes
//!  92   zeros
//! 512   batches
//! ```
//!
//! Magic, version and checksum keep their places in every later version, so that one can tell a newer file
//! from a damaged one.

use crate::commit::FIRST_CHAIN;
use crate::frame::Framing;
use crate::little_endian::{array_at, u32_at, u64_at};
use crate::options::StoreId;

/// Bytes of the header: a sector of its own, so that no torn write of a batch reaches it.
pub(crate) const HEADER_BYTES: u32 = 512;

const MAGIC: &[u8; 8] = b"ANNALSEG";
const VERSION: u32 = 1;
const SUFFIX: &str = ".seg";

/// What the start of a segment file says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    /// The store it belongs to.
    pub(crate) store_id: StoreId,
    /// Its place in the order of the segments, from 1.
    pub(crate) number: u64,
    /// How many segment files were made up to this one; one that replaced an empty one kept its number.
    pub(crate) epoch: u64,
    /// The position of its first record.
    pub(crate) first: u64,
    /// The hash of everything committed before it.
    pub(crate) chain: [u8; 32],
    /// The bytes its largest batch may take.
    pub(crate) max_batch_bytes: u32,
}

/// Why the start of a file is no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderFault {
    /// It is no segment of ours.
    Magic,
    /// Its checksum does not fit.
    Checksum,
    /// It is of a later version.
    Version(u32),
}

impl SegmentHeader {
    /// The header of a new store's first segment.
    pub(crate) fn first(store_id: StoreId, max_batch_bytes: u32) -> SegmentHeader {
        SegmentHeader {
            store_id,
            number: 1,
            epoch: 1,
            first: 1,
            chain: FIRST_CHAIN,
            max_batch_bytes,
        }
    }

    pub(crate) fn framing(&self) -> Framing {
        Framing::new(&self.store_id, self.number, self.epoch)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_BYTES as usize];
        bytes[0..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..32].copy_from_slice(&self.store_id);
        bytes[32..40].copy_from_slice(&self.number.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.epoch.to_le_bytes());
        bytes[48..56].copy_from_slice(&self.first.to_le_bytes());
        bytes[56..88].copy_from_slice(&self.chain);
        bytes[88..92].copy_from_slice(&self.max_batch_bytes.to_le_bytes());
        let checksum = checksum(&bytes);
        bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(file: &[u8]) -> Result<SegmentHeader, HeaderFault> {
        let bytes = file
            .get(..HEADER_BYTES as usize)
            .ok_or(HeaderFault::Checksum)?;
        if array_at(bytes, 0) != *MAGIC {
            return Err(HeaderFault::Magic);
        }
        let first = u64_at(bytes, 48);
        if checksum(bytes) != u32_at(bytes, 12) || first == 0 {
            return Err(HeaderFault::Checksum);
        }
        let version = u32_at(bytes, 8);
        if version != VERSION {
            return Err(HeaderFault::Version(version));
        }
        Ok(SegmentHeader {
            store_id: array_at(bytes, 16),
            number: u64_at(bytes, 32),
            epoch: u64_at(bytes, 40),
            first,
            chain: array_at(bytes, 56),
            max_batch_bytes: u32_at(bytes, 88),
        })
    }
}

/// The name of the segment that starts at a position.
pub(crate) fn segment_name(first: u64) -> String {
    format!("{first:020}{SUFFIX}")
}

/// The position by which a file is named, if it is named as a segment.
pub(crate) fn first_position_of(name: &str) -> Option<u64> {
    let first = name.strip_suffix(SUFFIX)?.parse().ok()?;
    (segment_name(first) == name).then_some(first)
}

fn checksum(header: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&header[..12]), &header[16..])
}
