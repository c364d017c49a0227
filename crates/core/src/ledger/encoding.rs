//! A page as bytes: `docs/format/ledger.md`.
//!
//! ```text
//! | format 2 | number 8 | times 8 | digest 16 | handled 512 | [repeated 512] | check 16 |
//! ```

use bytes::{Buf, BufMut};
use uuid::Uuid;

use super::{Bits, LedgerDigest, LedgerPage};
use crate::projection::ProjectionError;

const FORMAT: u16 = 1;
const CHECK: usize = 16;
/// Of a page on which nothing was repeated, as on nearly all: the last bits are left out then.
const PLAIN: usize = 2 + 8 + 8 + 16 + Bits::BYTES + CHECK;
const WITH_REPEATED: usize = PLAIN + Bits::BYTES;

/// Namespace of the check (RFC 9562, version 5).
const CHECKED: Uuid = Uuid::from_u128(0x3f0a_9c1e_52d4_4b0e_9d36_7a61_08c5_e2f7);

/// What is kept of a page of a [ledger](super::Ledger) is not what was written.
///
/// **Do:** stop, and have the read model made again from the events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("page {number} of the ledger is damaged: {reason}")]
pub struct DamagedPage {
    /// Which page.
    pub number: u64,
    /// What was found.
    pub reason: String,
}

impl From<DamagedPage> for ProjectionError {
    fn from(damaged: DamagedPage) -> Self {
        let reason = damaged.to_string();
        Self::Damaged { reason }
    }
}

impl LedgerPage {
    /// The page in the form in which it is kept: 562 bytes, or 1074 when events were repeated.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(WITH_REPEATED);
        bytes.put_u16_le(FORMAT);
        bytes.put_u64_le(self.number);
        bytes.put_u64_le(self.times);
        bytes.put_u128_le(self.digest.0);
        bytes.extend(self.handled.to_bytes());
        if !self.repeated.is_empty() {
            bytes.extend(self.repeated.to_bytes());
        }
        let check = check(&bytes);
        bytes.extend(check);
        bytes
    }

    /// The page of this number, from the form in which it is kept.
    ///
    /// # Errors
    /// [`DamagedPage`] when the bytes are not what [`to_bytes`](Self::to_bytes) gave, or are those of
    /// another page.
    pub fn from_bytes(number: u64, bytes: &[u8]) -> Result<Self, DamagedPage> {
        let damaged = |reason: String| DamagedPage { number, reason };
        let length = bytes.len();
        if length != PLAIN && length != WITH_REPEATED {
            return Err(damaged(format!("it has {length} bytes")));
        }
        let (mut fields, found) = bytes.split_at(length - CHECK);
        if found != check(fields) {
            return Err(damaged("its check does not fit".to_owned()));
        }
        let format = fields.get_u16_le();
        if format != FORMAT {
            return Err(damaged(format!("its format is {format}")));
        }
        let page = Self::of_fields(fields);
        if page.number != number {
            return Err(damaged(format!("page {} is in its place", page.number)));
        }
        Ok(page)
    }

    /// What follows the format and is known to be what was written.
    fn of_fields(mut fields: &[u8]) -> Self {
        Self {
            number: fields.get_u64_le(),
            times: fields.get_u64_le(),
            digest: LedgerDigest(fields.get_u128_le()),
            handled: take_bits(&mut fields).unwrap_or_default(),
            repeated: take_bits(&mut fields).unwrap_or_default(),
        }
    }
}

fn take_bits(fields: &mut &[u8]) -> Option<Bits> {
    let (bits, rest) = fields.split_first_chunk()?;
    *fields = rest;
    Some(Bits::from_bytes(bits))
}

fn check(fields: &[u8]) -> [u8; CHECK] {
    Uuid::new_v5(&CHECKED, fields).into_bytes()
}
