//! Compressed payloads: gzip ([RFC 1952]), that every language and shell reads.
//!
//! [RFC 1952]: https://www.rfc-editor.org/rfc/rfc1952

use std::io::{Read, Write};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use super::Unreadable;
use crate::limits::INFLATED_BYTES;

/// Below this, what is saved is not worth the time.
const WORTHWHILE_BYTES: usize = 1024;

/// The payload compressed, if that makes it smaller by enough. The same payload gives the same bytes, as
/// long as the compressor is the same: another version may make others, that are read as the same.
/// An append that is tried again across that release is refused then, as one of other content.
pub(super) fn compress(payload: &[u8]) -> Option<Vec<u8>> {
    if payload.len() < WORTHWHILE_BYTES {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(payload);
    let compressed = written.and_then(|()| encoder.finish());
    let compressed = compressed.expect("memory takes what is written to it");
    (compressed.len() < payload.len()).then_some(compressed)
}

/// What was compressed. It never takes more memory than an event may.
pub(super) fn inflate(compressed: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let length = told_length(compressed).ok_or(Unreadable::Damaged)?;
    if length > INFLATED_BYTES {
        return Err(Unreadable::TooLarge);
    }
    let mut decoder = GzDecoder::new(compressed);
    let mut payload = Vec::with_capacity(length);
    // Not a byte more than was told, and one at most to see that there are more.
    let read = (&mut decoder)
        .take(length as u64 + 1)
        .read_to_end(&mut payload);
    let is_whole = read.is_ok() && payload.len() == length && decoder.into_inner().is_empty();
    is_whole.then_some(payload).ok_or(Unreadable::Damaged)
}

/// The length of what was compressed: the last four bytes.
fn told_length(compressed: &[u8]) -> Option<usize> {
    let length = compressed.last_chunk()?;
    usize::try_from(u32::from_le_bytes(*length)).ok()
}
