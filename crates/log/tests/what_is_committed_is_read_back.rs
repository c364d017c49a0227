//! What is committed is read back: from memory and from files, across segments, after closing and opening again.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod store;

use std::sync::Arc;

use annals_log::{
    CommitError, Disk, FileDisk, Log, LogOptions, LogReader, MemoryDisk, OpenError, ReadError, Tail,
};
use store::{commit, open};

fn payloads_of(round: u8) -> [Vec<u8>; 3] {
    [
        vec![round; usize::from(round) * 7],
        Vec::new(),
        vec![0; 300],
    ]
}

fn write(log: &mut Log) -> Vec<Vec<u8>> {
    let mut written = Vec::new();
    for round in 0..40 {
        let payloads = payloads_of(round);
        let committed = commit(log, &payloads).unwrap();
        assert_eq!(committed.first, written.len() as u64 + 1);
        written.extend(payloads);
        assert_eq!(committed.last, written.len() as u64);
    }
    written
}

fn read_each(reader: &LogReader) -> Vec<Vec<u8>> {
    (1..=reader.durable())
        .map(|position| reader.read(position).unwrap())
        .collect()
}

fn scan_all(reader: &LogReader, max_bytes: usize) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    loop {
        let records = reader.scan(found.len() as u64, max_bytes).unwrap();
        if records.is_empty() {
            return found;
        }
        for (position, payload) in records.iter() {
            found.push(payload.to_vec());
            assert_eq!(position, found.len() as u64);
        }
    }
}

fn all_comes_back_from(disk: &(impl Disk + Clone + 'static)) {
    let (mut log, found) = open(disk).unwrap();
    assert!(found.is_empty());
    let written = write(&mut log);
    assert_eq!(read_each(&log.reader()), written);
    log.close().unwrap();

    let (log, found) = open(disk).unwrap();
    assert_eq!(found, written);
    assert_eq!(log.recovery().tail, Tail::Clean);
    assert!(log.recovery().segments > 5, "{:?}", log.recovery());
    for max_bytes in [0, 100, 1000, 1_000_000] {
        assert_eq!(scan_all(&log.reader(), max_bytes), written);
    }
}

#[test]
fn records_come_back_from_memory() {
    all_comes_back_from(&MemoryDisk::new());
}

#[test]
fn records_come_back_from_files() {
    let directory = tempfile::tempdir().unwrap();
    all_comes_back_from(&FileDisk::open(directory.path()).unwrap());
}

#[test]
fn records_come_back_when_segments_are_prepared_ahead() {
    let disk = MemoryDisk::new();
    let options = LogOptions {
        segment_bytes: 2048,
        ..LogOptions::new([7; 16])
    };
    let mut log = Log::open(Arc::new(disk.clone()), &options, &mut |_, _| {}).unwrap();
    let written = write(&mut log);
    drop(log);
    assert_eq!(open(&disk.after_crash()).unwrap().1, written);
}

#[test]
fn what_was_committed_survives_a_crash_without_a_close() {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    commit(&mut log, &["a", "b"]).unwrap();

    let (log, found) = open(&disk.after_crash()).unwrap();
    assert_eq!(found, [b"a", b"b"]);
    assert_eq!(log.recovery().tail, Tail::Kept { records: 2 });
}

#[test]
fn a_segment_is_named_by_its_first_position() {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    for _ in 0..3 {
        commit(&mut log, &[[1; 300], [2; 300]]).unwrap();
    }
    let mut names = disk.list().unwrap();
    names.retain(|name| name.ends_with(".seg"));
    assert_eq!(
        names,
        ["00000000000000000001.seg", "00000000000000000005.seg"]
    );
}

#[test]
fn a_log_open_elsewhere_is_refused() {
    fn second_is_refused(disk: &(impl Disk + Clone + 'static)) {
        let (log, _) = open(disk).unwrap();
        assert!(matches!(open(disk), Err(OpenError::Locked)));
        drop(log);
        open(disk).unwrap();
    }
    second_is_refused(&MemoryDisk::new());
    let directory = tempfile::tempdir().unwrap();
    second_is_refused(&FileDisk::open(directory.path()).unwrap());
}

#[test]
fn a_store_keeps_its_identity() {
    let disk = MemoryDisk::new();
    drop(open(&disk).unwrap());
    let options = LogOptions::new([8; 16]);
    let log = Log::open(Arc::new(disk), &options, &mut |_, _| {}).unwrap();
    assert_eq!(log.store_id(), [7; 16]);
}

#[test]
fn a_batch_at_the_limit_is_committed_and_a_larger_one_refused() {
    const FRAMES: usize = 20 + 76;
    let (mut log, _) = open(&MemoryDisk::new()).unwrap();
    let limit = log.max_batch_bytes();
    commit(&mut log, &["before"]).unwrap();

    let refused = commit(&mut log, &[vec![1; limit - FRAMES + 1]]).unwrap_err();
    assert!(
        matches!(refused, CommitError::TooLarge { bytes, limit: allowed } if (bytes, allowed) == (limit + 1, limit))
    );
    let largest = vec![1; limit - FRAMES];
    commit(&mut log, std::slice::from_ref(&largest)).unwrap();
    commit(&mut log, &["after"]).unwrap();
    assert_eq!(log.reader().read(2).unwrap(), largest);
}

#[test]
fn a_batch_without_records_is_refused() {
    let (mut log, _) = open(&MemoryDisk::new()).unwrap();
    let none: [&[u8]; 0] = [];
    assert!(matches!(commit(&mut log, &none), Err(CommitError::Empty)));
}

#[test]
fn a_log_opened_with_other_sizes_goes_on_with_them() {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    commit(&mut log, &["small"]).unwrap();
    drop(log);

    let larger = LogOptions {
        segment_bytes: 8192,
        ..LogOptions::new([7; 16])
    };
    let mut log = Log::open(Arc::new(disk.clone()), &larger, &mut |_, _| {}).unwrap();
    commit(&mut log, &[[9; 5000]]).unwrap();
    drop(log);
    let (log, found) = open(&disk).unwrap();
    assert_eq!(found, [b"small".to_vec(), vec![9; 5000]]);
    assert_eq!(log.recovery().segments, 2);
}

#[test]
fn a_position_that_is_not_durable_is_not_there() {
    let (mut log, _) = open(&MemoryDisk::new()).unwrap();
    commit(&mut log, &["a"]).unwrap();
    for absent in [0, 2, u64::MAX] {
        let refused = log.reader().read(absent).unwrap_err();
        assert!(matches!(refused, ReadError::NotThere { position } if position == absent));
    }
    assert!(log.reader().scan(1, 1000).unwrap().is_empty());
    assert!(log.reader().scan(u64::MAX, 1000).unwrap().is_empty());
}
