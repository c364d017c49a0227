//! Whatever a power cut leaves of a batch that was not synced, the log opens with what was acknowledged, and
//! with that batch whole or not at all.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod files;
mod store;

use std::io::ErrorKind;

use annals_log::{Call, CommitError, Disk, Fault, Lasting, Log, MemoryDisk, Tail, Unsynced};
use files::{bytes, put};
use store::{commit, open};

const SEGMENT: &str = "00000000000000000001.seg";
const SECTOR: usize = 512;

/// A disk that acknowledged `acknowledged()` and failed to sync `in_doubt()`, so that a crash may leave any of it.
fn interrupted() -> MemoryDisk {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    commit(&mut log, &acknowledged()).unwrap();
    fail_to_sync(&disk, &mut log);
    disk
}

fn fail_to_sync(disk: &MemoryDisk, log: &mut Log) {
    disk.inject(Fault {
        on: Call::Sync,
        nth: 1,
        kind: ErrorKind::Other,
        lasting: Lasting::Once,
    });
    let unknown = commit(log, &in_doubt());
    assert!(matches!(unknown, Err(CommitError::Unconfirmed { .. })));
}

fn acknowledged() -> Vec<Vec<u8>> {
    vec![b"first".to_vec(), b"second".to_vec()]
}

fn in_doubt() -> Vec<Vec<u8>> {
    vec![vec![3; 500], vec![4; 30], vec![5; 600]]
}

fn all() -> Vec<Vec<u8>> {
    [acknowledged(), in_doubt()].concat()
}

/// The disk after a power cut that left all but the second sector of the segment.
fn without_second_sector(disk: &MemoryDisk) -> MemoryDisk {
    let missing = Unsynced::Sector(SEGMENT, SECTOR as u64);
    disk.after_crash_keeping(|unsynced| unsynced != missing)
}

/// Opens the log and returns its records, after making sure that it goes on and that nothing changes any more.
fn recovered(disk: &MemoryDisk) -> Vec<Vec<u8>> {
    let (mut log, found) = open(disk).unwrap();
    commit(&mut log, &["later"]).unwrap();
    let again = open(&disk.after_crash()).unwrap().1;
    assert_eq!(again, [&found[..], &[b"later".to_vec()]].concat());
    found
}

fn end_of_data(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1
}

#[test]
fn a_batch_cut_short_at_any_byte_is_kept_whole_or_not_at_all() {
    let disk = interrupted();
    let before = bytes(&disk.after_crash(), SEGMENT);
    let written = bytes(&disk, SEGMENT);
    let (start, end) = (end_of_data(&before), end_of_data(&written));
    for cut in start..=end {
        let mut zeros_follow = before.clone();
        zeros_follow[..cut].copy_from_slice(&written[..cut]);
        for image in [&zeros_follow[..], &written[..cut]] {
            let crashed = disk.after_crash();
            put(&crashed, SEGMENT, image);
            let expected = if cut == end { all() } else { acknowledged() };
            assert_eq!(recovered(&crashed), expected, "cut at {cut}");
        }
    }
}

#[test]
fn a_batch_of_which_any_sectors_are_missing_is_kept_whole_or_not_at_all() {
    let disk = interrupted();
    let before = bytes(&disk.after_crash(), SEGMENT);
    let start = end_of_data(&before) / SECTOR;
    let end = end_of_data(&bytes(&disk, SEGMENT)).div_ceil(SECTOR);
    let whole = (1_u64 << (end - start)) - 1;
    assert!(whole > 1, "the batch takes several sectors");
    for (subset, mark_survives) in (0..=whole).flat_map(|subset| [(subset, true), (subset, false)])
    {
        let crashed = disk.after_crash_keeping(|unsynced| match unsynced {
            Unsynced::Sector(SEGMENT, offset) => {
                subset >> (usize::try_from(offset).unwrap() / SECTOR - start) & 1 == 1
            }
            _ => mark_survives,
        });
        let expected = if subset == whole {
            all()
        } else {
            acknowledged()
        };
        assert_eq!(recovered(&crashed), expected, "sectors {subset:b}");
    }
}

#[test]
fn what_is_cut_off_is_saved_and_reported() {
    let disk = interrupted();
    let before = bytes(&disk.after_crash(), SEGMENT);
    let offset = end_of_data(&before);
    let crashed = without_second_sector(&disk);
    let torn = bytes(&crashed, SEGMENT);
    let cut = &torn[offset..end_of_data(&torn)];

    let (log, _) = open(&crashed).unwrap();
    let saved_as = "00000000000000000001-1.cut".to_owned();
    let durable = crashed.after_crash();
    assert_eq!(bytes(&durable, &saved_as), cut);
    assert_eq!(bytes(&durable, SEGMENT), before[..offset]);
    assert_eq!(
        log.recovery().tail,
        Tail::RolledBack {
            file: SEGMENT.to_owned(),
            offset: offset as u64,
            bytes: cut.len() as u64,
            saved_as,
        }
    );
}

#[test]
fn a_batch_that_was_cut_off_is_not_valid_in_the_segment_that_replaces_its_own() {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    fail_to_sync(&disk, &mut log);
    let cut_off = bytes(&disk, SEGMENT);
    let torn = without_second_sector(&disk);
    commit(&mut open(&torn).unwrap().0, &["instead"]).unwrap();

    let mut replaced = bytes(&torn, SEGMENT);
    replaced[SECTOR..].copy_from_slice(&cut_off[SECTOR..]);
    put(&torn, SEGMENT, &replaced);
    assert!(open(&torn).is_err());
}

#[test]
fn a_whole_batch_that_only_the_page_cache_held_is_made_durable_before_it_is_served() {
    let disk = interrupted();
    assert_eq!(open(&disk.after_crash()).unwrap().1, acknowledged());

    let (log, found) = open(&disk).unwrap();
    assert_eq!(found, all());
    assert_eq!(log.recovery().tail, Tail::Kept { records: 3 });
    assert_eq!(open(&disk.after_crash()).unwrap().1, all());
}

#[test]
fn a_whole_batch_before_a_cut_is_made_durable_before_it_is_served() {
    let disk = interrupted();
    let end = end_of_data(&bytes(&disk, SEGMENT)) as u64;
    let file = disk.open(SEGMENT).unwrap();
    file.write_all_at(b"of a next batch", end).unwrap();

    let (log, found) = open(&disk).unwrap();
    assert_eq!(found, all());
    assert!(matches!(log.recovery().tail, Tail::RolledBack { offset, .. } if offset == end));
    assert_eq!(open(&disk.after_crash()).unwrap().1, all());
}
