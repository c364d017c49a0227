//! The power may fail while a log recovers, and again while it recovers from that.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod store;

use std::io::ErrorKind;

use annals_log::{Call, Fault, Lasting, MemoryDisk, Unsynced};
use store::{commit, open};

const CRASHES: u64 = 10;

fn fault(on: Call, nth: u64) -> Fault {
    Fault {
        on,
        nth,
        kind: ErrorKind::Other,
        lasting: Lasting::UntilHealed,
    }
}

/// A disk in two segments, where the power failed while a batch was written.
fn interrupted() -> (MemoryDisk, Vec<Vec<u8>>) {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    let acknowledged: Vec<_> = (1..=3).map(|number| vec![number; 600]).collect();
    for record in &acknowledged {
        commit(&mut log, std::slice::from_ref(record)).unwrap();
    }
    disk.inject(fault(Call::Sync, 1));
    commit(&mut log, &[[4; 700]]).unwrap_err();
    let torn = disk.after_crash_keeping(
        |unsynced| !matches!(unsynced, Unsynced::Sector(_, offset) if offset == 1536),
    );
    (torn, acknowledged)
}

/// Says of each thing asked about whether it survives: some do, by a fixed sequence.
fn some(seed: u64) -> impl FnMut(Unsynced<'_>) -> bool {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    move |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 63 == 1
    }
}

#[test]
fn ten_crashes_during_recovery_lose_nothing() {
    let (torn, acknowledged) = interrupted();
    let complete = torn.after_crash();
    drop(open(&complete).unwrap());
    let calls = complete.calls();
    for (first, seed) in (1..=calls).flat_map(|first| (0..20).map(move |seed| (first, seed))) {
        let mut disk = torn.after_crash();
        for crash in 0..CRASHES {
            // Sometimes the same call each time, sometimes one further each time.
            let nth = first + crash * (seed % 3);
            disk.inject(fault(Call::Any, nth));
            let opened = open(&disk);
            disk = disk.after_crash_keeping(some(seed * CRASHES + crash));
            if let Ok((_, found)) = opened {
                assert_eq!(found, acknowledged);
            }
        }
        let (mut log, found) = open(&disk).unwrap();
        assert_eq!(
            found, acknowledged,
            "first crash at call {first}, seed {seed}"
        );
        commit(&mut log, &["later"]).unwrap();
        assert_eq!(open(&disk.after_crash()).unwrap().1.len(), found.len() + 1);
    }
}

#[test]
fn a_store_whose_making_is_cut_short_is_made_again() {
    let complete = MemoryDisk::new();
    drop(open(&complete).unwrap());
    for (nth, seed) in (1..=complete.calls()).flat_map(|nth| (0..20).map(move |seed| (nth, seed))) {
        let disk = MemoryDisk::new();
        disk.inject(fault(Call::Any, nth));
        let opened = open(&disk);
        let crashed = disk.after_crash_keeping(some(seed));
        drop(opened);
        let (mut log, found) = open(&crashed).unwrap();
        assert!(found.is_empty());
        commit(&mut log, &["first"]).unwrap();
        assert_eq!(open(&crashed.after_crash()).unwrap().1, [b"first"]);
    }
}
