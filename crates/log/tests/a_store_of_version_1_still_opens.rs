//! Stores of every released format open, and the current format is what its page says.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod files;
mod store;

use std::sync::Arc;

use annals_log::{Log, LogOptions, MemoryDisk, Tail};
use files::{bytes, put};
use store::{commit, open};

const FILES: [(&str, &str); 3] = [
    ("MARK", include_str!("fixtures/v1/MARK.hex")),
    (
        "00000000000000000001.seg",
        include_str!("fixtures/v1/00000000000000000001.seg.hex"),
    ),
    (
        "00000000000000000004.seg",
        include_str!("fixtures/v1/00000000000000000004.seg.hex"),
    ),
];

fn records() -> Vec<Vec<u8>> {
    vec![
        b"opened".to_vec(),
        Vec::new(),
        vec![0xAB; 250],
        b"withdrawn".to_vec(),
    ]
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.split_whitespace().flat_map(str::chars).collect();
    let byte = |pair: &[char]| u8::from_str_radix(&String::from_iter(pair), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

#[test]
fn a_store_of_version_1_opens_with_its_records_and_goes_on() {
    let disk = MemoryDisk::new();
    for (name, hex) in FILES {
        put(&disk, name, &from_hex(hex));
    }
    let (mut log, found) = open(&disk).unwrap();
    assert_eq!(found, records());
    assert_eq!(log.recovery().tail, Tail::Clean);
    assert_eq!(log.recovery().segments, 2);
    commit(&mut log, &["deposited"]).unwrap();
    drop(log);
    assert_eq!(open(&disk).unwrap().1.len(), 5);
}

#[test]
fn the_same_records_are_written_as_the_same_bytes() {
    let disk = MemoryDisk::new();
    let options = LogOptions {
        segment_bytes: 1024,
        prepare_ahead: false,
        ..LogOptions::new(*b"the golden store")
    };
    let mut log = Log::open(Arc::new(disk.clone()), &options, &mut |_, _| {}).unwrap();
    let records = records();
    for batch in [&records[..2], &records[2..3], &records[3..]] {
        commit(&mut log, batch).unwrap();
    }
    log.close().unwrap();
    for (name, hex) in FILES {
        assert_eq!(bytes(&disk, name), from_hex(hex), "{name}");
    }
}
