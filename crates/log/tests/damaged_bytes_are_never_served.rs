//! However the bytes of an acknowledged store change, it opens with what was written, or not at all.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod files;
mod store;

use annals_log::{Disk, Log, MemoryDisk, OpenError, ReadError, Tail};
use files::{bytes, put};
use proptest::prelude::*;
use store::{commit, open};

fn records() -> Vec<Vec<u8>> {
    (1..=9)
        .map(|number| vec![number; 100 * usize::from(number % 4)])
        .collect()
}

/// A log of three segments that holds `records()`.
fn written(disk: &MemoryDisk) -> Log {
    let (mut log, _) = open(disk).unwrap();
    for batch in records().chunks(2) {
        commit(&mut log, batch).unwrap();
    }
    log
}

fn closed() -> MemoryDisk {
    let disk = MemoryDisk::new();
    written(&disk).close().unwrap();
    disk
}

/// After a crash that lost the newest mark.
fn crashed() -> MemoryDisk {
    let disk = MemoryDisk::new();
    let _log = written(&disk);
    disk.after_crash()
}

fn copy(disk: &MemoryDisk) -> MemoryDisk {
    disk.after_crash_keeping(|_| true)
}

fn file_names(disk: &MemoryDisk) -> Vec<String> {
    let names = disk.list().unwrap();
    assert!(names.len() >= 3, "the mark and two segments: {names:?}");
    names
}

/// The records the log opens with, and whether it reports an unfinished batch; `None` when it is refused as damaged.
fn served(disk: &MemoryDisk) -> Option<(Vec<Vec<u8>>, bool)> {
    match open(disk) {
        Ok((log, found)) => {
            let rolled_back = matches!(log.recovery().tail, Tail::RolledBack { .. });
            Some((found, rolled_back))
        }
        Err(OpenError::Corrupt(_) | OpenError::NotALog { .. } | OpenError::NewerFormat { .. }) => {
            None
        }
        Err(other) => panic!("neither opened nor damaged: {other:?}"),
    }
}

/// Calls `check` with a copy of the store for each bit of each file, that bit flipped.
fn with_each_bit_flipped(disk: &MemoryDisk, mut check: impl FnMut(&MemoryDisk, &str, usize)) {
    for name in file_names(disk) {
        let original = bytes(disk, &name);
        for bit in 0..original.len() * 8 {
            let damaged = copy(disk);
            let byte = original[bit / 8] ^ (1 << (bit % 8));
            let file = damaged.open(&name).unwrap();
            file.write_all_at(&[byte], (bit / 8) as u64).unwrap();
            check(&damaged, &name, bit);
        }
    }
}

#[test]
fn any_bit_flipped_in_a_closed_store_is_harmless_or_refused() {
    let written = records();
    with_each_bit_flipped(&closed(), |damaged, name, bit| {
        if let Some((found, _)) = served(damaged) {
            assert_eq!(found, written, "bit {bit} of {name}");
        }
    });
}

#[test]
fn any_bit_flipped_in_a_crashed_store_is_harmless_or_refused_or_reported() {
    let written = records();
    with_each_bit_flipped(&crashed(), |damaged, name, bit| {
        if let Some((found, rolled_back)) = served(damaged) {
            let last_batch_is_missing = rolled_back && found == written[..written.len() - 1];
            assert!(
                found == written || last_batch_is_missing,
                "bit {bit} of {name}"
            );
        }
    });
}

#[test]
fn any_file_of_a_closed_store_cut_anywhere_is_harmless_or_refused() {
    let store = closed();
    let written = records();
    for name in file_names(&store) {
        let original = bytes(&store, &name);
        for length in 0..original.len() {
            let damaged = copy(&store);
            put(&damaged, &name, &original[..length]);
            if let Some((found, _)) = served(&damaged) {
                assert_eq!(found, written, "{name} cut at {length}");
            }
        }
    }
}

#[test]
fn any_bit_flipped_under_an_open_log_is_harmless_or_refused_by_its_readers() {
    const NAME: &str = "00000000000000000001.seg";
    let disk = MemoryDisk::new();
    let log = written(&disk);
    let reader = log.reader();
    let written = records();
    let file = disk.open(NAME).unwrap();
    for (offset, byte) in bytes(&disk, NAME).into_iter().enumerate() {
        for bit in 0..8 {
            file.write_all_at(&[byte ^ (1 << bit)], offset as u64)
                .unwrap();
            for (position, expected) in (1..).zip(&written[..4]) {
                match reader.read(position) {
                    Ok(found) => assert_eq!(found, *expected),
                    Err(ReadError::Corrupt(damage)) => {
                        assert_eq!((damage.file.as_str(), damage.position), (NAME, position));
                    }
                    Err(other) => panic!("neither read nor damaged: {other:?}"),
                }
            }
            if let Ok(scanned) = reader.scan(0, 2048) {
                assert!(
                    scanned
                        .iter()
                        .zip(&written)
                        .all(|((_, found), written)| found == written)
                );
            }
        }
        file.write_all_at(&[byte], offset as u64).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_in_place_of_a_file_are_refused_or_harmless(
        which in any::<prop::sample::Index>(),
        start in 0..2048_usize,
        noise in prop::collection::vec(any::<u8>(), 0..2048),
    ) {
        let disk = closed();
        let names = file_names(&disk);
        let name = which.get(&names);
        let mut changed = bytes(&disk, name);
        changed.truncate(start);
        changed.extend(noise);
        put(&disk, name, &changed);
        if let Some((found, _)) = served(&disk) {
            prop_assert_eq!(found, records());
        }
    }
}
