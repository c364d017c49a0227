//! A small log, on any disk.

use std::sync::Arc;

use annals_log::{Batch, CommitError, Committed, Disk, Log, LogOptions, OpenError};

/// Opens the log of a disk, or makes one whose segments a few batches fill, and returns its records.
pub(crate) fn open(disk: &(impl Disk + Clone + 'static)) -> Result<(Log, Vec<Vec<u8>>), OpenError> {
    let options = LogOptions {
        segment_bytes: 2048,
        prepare_ahead: false,
        ..LogOptions::new([7; 16])
    };
    let mut positions = Vec::new();
    let mut records = Vec::new();
    let log = Log::open(
        Arc::new(disk.clone()),
        &options,
        &mut |position, payload| {
            positions.push(position);
            records.push(payload.to_vec());
        },
    )?;
    assert!(positions.into_iter().eq(1..=log.last()));
    Ok((log, records))
}

/// Commits a batch of these records.
pub(crate) fn commit(
    log: &mut Log,
    payloads: &[impl AsRef<[u8]>],
) -> Result<Committed, CommitError> {
    let mut batch = Batch::new();
    for payload in payloads {
        batch.push(payload.as_ref());
    }
    log.commit(&batch)
}
