//! Damage that no crash explains keeps a log from opening, and the error says where it is.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod files;
mod store;

use annals_log::{Corruption, Damage, Disk, MemoryDisk, OpenError};
use files::{bytes, put};
use store::{commit, open};

const MARK: &str = "MARK";
const FIRST: &str = "00000000000000000001.seg";
const SECOND: &str = "00000000000000000003.seg";
const LAST: &str = "00000000000000000005.seg";
/// Where in a segment's header these are.
const VERSION: usize = 8;
const STORE_ID: usize = 16;
const EPOCH: usize = 40;
/// Where the second record of a segment begins.
const SECOND_RECORD: usize = 512 + BATCH;
/// A record of 600 bytes, and the commit.
const BATCH: usize = 20 + 600 + 76;

/// A closed log of three segments with two batches of one record each.
fn three_segments() -> MemoryDisk {
    filled_with(0)
}

fn filled_with(byte: u8) -> MemoryDisk {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    for number in 0..6 {
        commit(&mut log, &[[byte + number; 600]]).unwrap();
    }
    log.close().unwrap();
    disk
}

/// A log where a segment has no records and another byte at this place in its header.
fn with_a_valid_header_that_differs(file: &str, offset: usize) -> MemoryDisk {
    let disk = three_segments();
    let mut segment = bytes(&disk, file);
    segment[512..].fill(0);
    segment[offset] ^= 3;
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&segment[..12]), &segment[16..512]);
    segment[12..16].copy_from_slice(&checksum.to_le_bytes());
    put(&disk, file, &segment);
    disk
}

fn corruption(disk: &MemoryDisk) -> Corruption {
    match open(disk) {
        Err(OpenError::Corrupt(corruption)) => corruption,
        Err(other) => panic!("not corrupt: {other:?}"),
        Ok(_) => panic!("the damage was not noticed"),
    }
}

fn whole_file(file: &str, position: u64, damage: Damage) -> Corruption {
    Corruption {
        file: file.to_owned(),
        offset: 0,
        position,
        damage,
    }
}

#[test]
fn a_damaged_record_is_named_by_file_offset_and_position() {
    for (file, position) in [(FIRST, 2), (SECOND, 4), (LAST, 6)] {
        let disk = three_segments();
        let mut changed = bytes(&disk, file);
        changed[SECOND_RECORD + 100] ^= 1;
        put(&disk, file, &changed);

        let found = corruption(&disk);
        let expected = Corruption {
            file: file.to_owned(),
            offset: SECOND_RECORD as u64,
            position,
            damage: Damage::Frame,
        };
        assert_eq!(found, expected);
        assert_eq!(
            found.to_string(),
            format!(
                "{file} is damaged at offset {SECOND_RECORD}, where position {position} belongs: no valid frame"
            )
        );
        assert_eq!(bytes(&disk, file), changed, "nothing was cut off");
    }
}

#[test]
fn zeros_in_place_of_acknowledged_records_are_noticed() {
    let disk = three_segments();
    let mut changed = bytes(&disk, LAST);
    changed[SECOND_RECORD..].fill(0);
    put(&disk, LAST, &changed);
    assert_eq!(
        corruption(&disk),
        Corruption {
            file: LAST.to_owned(),
            offset: SECOND_RECORD as u64,
            position: 6,
            damage: Damage::Acknowledged { durable: 6 },
        }
    );
}

#[test]
fn a_missing_segment_is_noticed() {
    let without = |name: &str| {
        let disk = three_segments();
        disk.remove(name).unwrap();
        corruption(&disk)
    };
    let gap = |expected, found| Damage::WrongSegment { expected, found };
    assert_eq!(without(FIRST), whole_file(SECOND, 3, gap(1, 2)));
    assert_eq!(without(SECOND), whole_file(LAST, 5, gap(2, 3)));
    assert_eq!(
        without(LAST),
        Corruption {
            offset: (SECOND_RECORD + BATCH) as u64,
            ..whole_file(SECOND, 5, Damage::Acknowledged { durable: 6 })
        }
    );
}

#[test]
fn a_store_without_any_segment_is_not_made_anew() {
    let disk = three_segments();
    for name in [FIRST, SECOND, LAST] {
        disk.remove(name).unwrap();
    }
    let damage = Damage::Acknowledged { durable: 6 };
    assert_eq!(corruption(&disk), whole_file(FIRST, 1, damage));
}

#[test]
fn segments_with_their_names_exchanged_are_noticed() {
    let disk = three_segments();
    let (second, last) = (bytes(&disk, SECOND), bytes(&disk, LAST));
    put(&disk, SECOND, &last);
    put(&disk, LAST, &second);
    let damage = Damage::WrongSegment {
        expected: 2,
        found: 3,
    };
    assert_eq!(corruption(&disk), whole_file(SECOND, 3, damage));
}

#[test]
fn a_segment_from_an_older_copy_is_noticed() {
    let disk = three_segments();
    let mut older = bytes(&disk, SECOND);
    older[SECOND_RECORD..].fill(0);
    put(&disk, SECOND, &older);
    let damage = Damage::WrongStart { found: 5 };
    assert_eq!(corruption(&disk), whole_file(LAST, 5, damage));
}

#[test]
fn a_segment_of_the_same_shape_and_other_contents_is_noticed() {
    let disk = three_segments();
    put(&disk, FIRST, &bytes(&filled_with(100), FIRST));
    assert_eq!(corruption(&disk), whole_file(SECOND, 3, Damage::Chain));
}

#[test]
fn a_segment_of_another_store_is_noticed() {
    let disk = with_a_valid_header_that_differs(FIRST, STORE_ID);
    assert_eq!(corruption(&disk), whole_file(FIRST, 1, Damage::OtherStore));
}

#[test]
fn a_segment_of_an_older_epoch_than_the_one_before_is_noticed() {
    let disk = with_a_valid_header_that_differs(SECOND, EPOCH);
    let damage = Damage::OlderEpoch { found: 1 };
    assert_eq!(corruption(&disk), whole_file(SECOND, 3, damage));
}

#[test]
fn a_segment_under_a_name_that_is_not_its_own_is_noticed() {
    let disk = three_segments();
    let renamed = "00000000000000000006.seg";
    disk.rename(LAST, renamed).unwrap();
    let damage = Damage::WrongStart { found: 5 };
    assert_eq!(corruption(&disk), whole_file(renamed, 6, damage));
}

#[test]
fn a_segment_of_a_later_version_is_told_from_damage() {
    let disk = with_a_valid_header_that_differs(FIRST, VERSION);
    let refused = open(&disk).err().unwrap();
    assert!(
        matches!(refused, OpenError::NewerFormat { ref file, version: 2 } if file == FIRST),
        "{refused:?}"
    );
}

#[test]
fn a_missing_mark_is_noticed() {
    let disk = three_segments();
    disk.remove(MARK).unwrap();
    assert_eq!(corruption(&disk), whole_file(MARK, 1, Damage::Mark));
}

#[test]
fn a_mark_of_an_earlier_day_does_no_harm() {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    commit(&mut log, &["a"]).unwrap();
    let older = bytes(&disk, MARK);
    commit(&mut log, &["b"]).unwrap();
    log.close().unwrap();
    put(&disk, MARK, &older);
    assert_eq!(open(&disk).unwrap().1, [b"a", b"b"]);
}

#[test]
fn a_file_that_only_bears_the_name_of_a_segment_is_not_a_log() {
    let disk = MemoryDisk::new();
    drop(open(&disk).unwrap());
    let name = "00000000000000000001.seg";
    put(&disk, name, &[b'x'; 2048]);
    assert!(matches!(open(&disk), Err(OpenError::NotALog { file }) if file == name));
}
