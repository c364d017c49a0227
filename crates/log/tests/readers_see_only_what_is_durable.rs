//! Readers see each record as soon as it is durable, and never before.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod store;

use std::io::ErrorKind;
use std::sync::mpsc::{self, TryRecvError};
use std::thread;

use annals_log::{Call, Fault, Lasting, LogReader, MemoryDisk, ReadError};
use store::{commit, open};

const BATCHES: usize = 300;

fn payload(position: u64) -> Vec<u8> {
    let length = usize::try_from(position % 160).unwrap();
    position.to_le_bytes().repeat(20)[..length].to_vec()
}

#[test]
fn a_record_whose_sync_failed_is_in_the_file_and_not_to_be_read() {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    let reader = log.reader();
    commit(&mut log, &["durable"]).unwrap();
    disk.inject(Fault {
        on: Call::Sync,
        nth: 1,
        kind: ErrorKind::Other,
        lasting: Lasting::Once,
    });
    commit(&mut log, &["not yet"]).unwrap_err();

    assert_eq!(reader.durable(), 1);
    assert!(matches!(
        reader.read(2),
        Err(ReadError::NotThere { position: 2 })
    ));
    assert!(reader.scan(1, 1_000_000).unwrap().is_empty());
    assert_eq!(reader.scan(0, 1_000_000).unwrap().len(), 1);
}

#[test]
fn a_reader_outlives_its_log() {
    let (mut log, _) = open(&MemoryDisk::new()).unwrap();
    commit(&mut log, &["kept"]).unwrap();
    let reader = log.reader();
    log.close().unwrap();
    assert_eq!(reader.read(1).unwrap(), b"kept");
}

/// Reads whatever is there: it is right, and no further than what is durable afterwards.
fn read_along(reader: &LogReader) {
    let next = reader.durable() + 1;
    match reader.read(next) {
        Ok(found) => {
            assert!(next <= reader.durable());
            assert_eq!(found, payload(next));
        }
        Err(ReadError::NotThere { position }) => assert_eq!(position, next),
        Err(other) => panic!("nothing is damaged: {other:?}"),
    }
    let after = next.saturating_sub(10);
    let records = reader.scan(after, 1_000_000).unwrap();
    for ((position, found), expected) in records.iter().zip(after + 1..) {
        assert_eq!(position, expected);
        assert_eq!(found, payload(position));
    }
    assert!(after + records.len() as u64 <= reader.durable());
}

#[test]
fn readers_beside_a_writer_see_a_growing_log_without_gaps() {
    let (mut log, _) = open(&MemoryDisk::new()).unwrap();
    let reader = log.reader();
    let (writing, written) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            for first in (1..).step_by(3).take(BATCHES) {
                commit(&mut log, &[first, first + 1, first + 2].map(payload)).unwrap();
            }
            drop(writing);
        });
        while written.try_recv() == Err(TryRecvError::Empty) {
            read_along(&reader);
        }
    });
    assert_eq!(reader.durable(), BATCHES as u64 * 3);
    read_along(&reader);
}
