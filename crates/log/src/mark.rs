//! The mark: how far the log is known to be durable.
//!
//! ```text
//! MARK  0     slot of even sequence numbers
//!       512   slot of odd sequence numbers
//!
//! slot  0     tag         "MRK1"
//!       4     checksum    CRC32C of bytes 8..44
//!       8     store id    16 bytes
//!       24    sequence    u64; the valid slot with the larger one counts
//!       32    durable     u64, a position
//!       40    closed      u32, 1 after a clean shutdown, else 0
//!       44
//! ```
//!
//! It is written after each commit and not synced: it may be behind, never ahead, so it costs no sync and is
//! evidence all the same. Two slots in sectors of their own survive a torn write.

use std::io;
use std::sync::Arc;

use crate::disk::{Disk, DiskFile, read_start};
use crate::little_endian::{array_at, u32_at, u64_at};
use crate::options::StoreId;

/// The name of the mark's file.
pub(crate) const MARK: &str = "MARK";

const TAG: &[u8; 4] = b"MRK1";
const SLOT_SPACING: usize = 512;
const SLOT_BYTES: usize = 44;

/// What the mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) store_id: StoreId,
    sequence: u64,
    /// The last position known to be durable.
    pub(crate) durable: u64,
    /// Whether nothing was written since.
    pub(crate) closed: bool,
}

/// The mark, open for writing.
pub(crate) struct Mark {
    file: Arc<dyn DiskFile>,
    claim: Claim,
}

impl Mark {
    /// Makes the mark of an empty store, durably.
    pub(crate) fn create(disk: &dyn Disk, store_id: StoreId) -> io::Result<()> {
        let empty = Claim {
            store_id,
            sequence: 0,
            durable: 0,
            closed: true,
        };
        let mut mark = Mark {
            file: disk.create(MARK)?,
            claim: empty,
        };
        mark.write(empty)?;
        mark.settle(0, true)?;
        disk.sync_directory()
    }

    /// The mark of a store, or `None` when there is no valid one.
    pub(crate) fn load(disk: &dyn Disk) -> io::Result<Option<Mark>> {
        let file = match disk.open(MARK) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let bytes = read_start(&*file, 2 * SLOT_SPACING as u64)?;
        let claims = bytes.chunks(SLOT_SPACING).filter_map(Claim::decode);
        Ok(claims
            .max_by_key(|claim| claim.sequence)
            .map(|claim| Mark { file, claim }))
    }

    pub(crate) fn claim(&self) -> Claim {
        self.claim
    }

    /// Notes that the log is durable up to a position; not synced.
    pub(crate) fn advance(&mut self, durable: u64) -> io::Result<()> {
        self.write(Claim {
            durable,
            closed: false,
            ..self.claim
        })
    }

    /// Notes, durably, how far the log is durable and whether it is closed.
    pub(crate) fn settle(&mut self, durable: u64, closed: bool) -> io::Result<()> {
        self.write(Claim {
            durable,
            closed,
            ..self.claim
        })?;
        self.file.sync()
    }

    fn write(&mut self, claim: Claim) -> io::Result<()> {
        self.claim = Claim {
            sequence: self.claim.sequence + 1,
            ..claim
        };
        let offset = (self.claim.sequence % 2) * SLOT_SPACING as u64;
        self.file.write_all_at(&self.claim.encode(), offset)
    }
}

impl Claim {
    fn encode(&self) -> [u8; SLOT_BYTES] {
        let mut slot = [0; SLOT_BYTES];
        slot[0..4].copy_from_slice(TAG);
        slot[8..24].copy_from_slice(&self.store_id);
        slot[24..32].copy_from_slice(&self.sequence.to_le_bytes());
        slot[32..40].copy_from_slice(&self.durable.to_le_bytes());
        slot[40..44].copy_from_slice(&u32::from(self.closed).to_le_bytes());
        let checksum = crc32c::crc32c(&slot[8..]);
        slot[4..8].copy_from_slice(&checksum.to_le_bytes());
        slot
    }

    fn decode(slot: &[u8]) -> Option<Claim> {
        let slot = slot.get(..SLOT_BYTES)?;
        if array_at(slot, 0) != *TAG || u32_at(slot, 4) != crc32c::crc32c(&slot[8..]) {
            return None;
        }
        Some(Claim {
            store_id: array_at(slot, 8),
            sequence: u64_at(slot, 24),
            durable: u64_at(slot, 32),
            closed: u32_at(slot, 40) == 1,
        })
    }
}
