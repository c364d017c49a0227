//! Whichever call to the disk fails, nothing acknowledged is lost, and nothing is acknowledged after the writer
//! stopped.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod store;

use std::io::ErrorKind;
use std::sync::Arc;

use annals_log::{
    Batch, Call, CommitError, Fault, Lasting, Log, LogOptions, MemoryDisk, OpenError,
};
use store::{commit, open};

type Records = Vec<Vec<u8>>;

/// What a run over a failing disk may have left.
#[derive(Default)]
struct Outcome {
    acknowledged: Records,
    in_doubt: Records,
    /// How many batches were refused and the writer went on.
    refused: u64,
    stopped: bool,
}

impl Outcome {
    /// Opens the log and commits to it, on a disk that holds `already`.
    fn of_run(disk: &MemoryDisk, already: &Records) -> Outcome {
        let mut outcome = Outcome {
            acknowledged: already.clone(),
            ..Outcome::default()
        };
        if let Ok((mut log, found)) = open(disk) {
            assert_eq!(found, *already);
            for number in 0..8 {
                let batch = vec![vec![number; 300], vec![100 + number; 150]];
                let answer = commit(&mut log, &batch);
                outcome.note(batch, answer.err());
            }
        }
        outcome
    }

    fn note(&mut self, mut batch: Records, error: Option<CommitError>) {
        match error {
            None => {
                assert!(!self.stopped, "acknowledged after the writer stopped");
                self.acknowledged.append(&mut batch);
            }
            Some(CommitError::NotWritten { .. }) => {
                assert!(!self.stopped);
                self.refused += 1;
            }
            Some(CommitError::Unconfirmed { .. }) => {
                assert!(!self.stopped);
                self.stopped = true;
                self.in_doubt = batch;
            }
            Some(CommitError::Stopped { .. }) => self.stopped = true,
            Some(other) => panic!("not the disk's fault: {other:?}"),
        }
    }

    /// Opens the log, which must hold all that was acknowledged, and returns what it holds.
    fn kept_by(&self, disk: &MemoryDisk) -> (Log, Records) {
        let (log, found) = open(disk).unwrap();
        let with_doubtful = [&self.acknowledged[..], &self.in_doubt].concat();
        assert!(
            found == self.acknowledged || found == with_doubtful,
            "{} records found, {} acknowledged, {} in doubt",
            found.len(),
            self.acknowledged.len(),
            self.in_doubt.len()
        );
        (log, found)
    }
}

fn fault(on: Call, nth: u64, kind: ErrorKind) -> Fault {
    Fault {
        on,
        nth,
        kind,
        lasting: Lasting::Once,
    }
}

/// Lets each call of a run fail in each way, and opens the log again: after a power cut, and as a process
/// that starts anew on the same page cache and meets the power cut later.
fn every_call_fails(start: impl Fn() -> MemoryDisk, already: &Records) {
    let disk = start();
    Outcome::of_run(&disk, already);
    let calls = disk.calls();
    assert!(calls > 20, "a run makes many calls");
    for nth in 1..=calls {
        for kind in [ErrorKind::Other, ErrorKind::StorageFull] {
            for lasting in [Lasting::Once, Lasting::UntilHealed] {
                let disk = start();
                disk.inject(Fault {
                    lasting,
                    ..fault(Call::Any, nth, kind)
                });
                let outcome = Outcome::of_run(&disk, already);
                disk.heal();

                outcome.kept_by(&disk.after_crash());
                let (mut log, found) = outcome.kept_by(&disk);
                commit(&mut log, &["later"]).unwrap();
                let crashed = open(&disk.after_crash()).unwrap().1;
                assert_eq!(
                    crashed,
                    [&found[..], &[b"later".to_vec()]].concat(),
                    "call {nth} failed with {kind:?} {lasting:?}"
                );
            }
        }
    }
}

#[test]
fn a_new_store_loses_nothing_whichever_call_fails() {
    every_call_fails(MemoryDisk::new, &Records::new());
}

#[test]
fn a_store_with_a_torn_tail_loses_nothing_whichever_call_fails() {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    commit(&mut log, &["before"]).unwrap();
    disk.inject(fault(Call::Sync, 1, ErrorKind::Other));
    commit(&mut log, &[[1; 1200]]).unwrap_err();

    let torn = || {
        let mut sectors = 0;
        disk.after_crash_keeping(|_| {
            sectors += 1;
            sectors % 2 == 0
        })
    };
    every_call_fails(torn, &vec![b"before".to_vec()]);
}

#[test]
fn a_failed_sync_stops_the_writer_for_good() {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    commit(&mut log, &["a"]).unwrap();
    disk.inject(fault(Call::Sync, 1, ErrorKind::Other));
    let unknown = commit(&mut log, &["b"]);
    assert!(matches!(unknown, Err(CommitError::Unconfirmed { .. })));
    for _ in 0..3 {
        let refused = commit(&mut log, &["c"]);
        assert!(matches!(refused, Err(CommitError::Stopped { .. })));
    }
    assert_eq!(log.reader().durable(), 1);
}

#[test]
fn a_refused_write_leaves_the_log_as_it_was() {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    commit(&mut log, &["a"]).unwrap();
    disk.inject(fault(Call::Write, 1, ErrorKind::StorageFull));
    let refused = commit(&mut log, &[[9; 1200]]);
    assert!(matches!(refused, Err(CommitError::NotWritten { .. })));

    commit(&mut log, &["b"]).unwrap();
    assert_eq!(open(&disk.after_crash()).unwrap().1, [b"a", b"b"]);
}

#[test]
fn a_mark_that_cannot_be_written_stops_the_writer_after_the_batch() {
    let disk = MemoryDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    disk.inject(fault(Call::Write, 2, ErrorKind::Other));
    commit(&mut log, &["a"]).unwrap();
    let refused = commit(&mut log, &["b"]);
    assert!(matches!(refused, Err(CommitError::Stopped { .. })));
    drop(log);
    assert_eq!(open(&disk).unwrap().1, [b"a"]);
}

#[test]
fn a_full_disk_refuses_batches_until_space_returns() {
    for prepare_ahead in [false, true] {
        let disk = MemoryDisk::new();
        let options = LogOptions {
            segment_bytes: 2048,
            prepare_ahead,
            ..LogOptions::new([7; 16])
        };
        let mut log = Log::open(Arc::new(disk.clone()), &options, &mut |_, _| {}).unwrap();
        let mut outcome = Outcome::default();
        let mut run = |batches| {
            for number in 0..batches {
                let payload = vec![number; 500];
                let mut batch = Batch::new();
                batch.push(&payload);
                outcome.note(vec![payload], log.commit(&batch).err());
            }
            outcome.refused
        };
        disk.leave_free(3000);
        let refused = run(20);
        assert!((10..20).contains(&refused), "{refused} refused");
        disk.heal();
        assert_eq!(run(20), refused, "none more after space returned");

        let (_, found) = outcome.kept_by(&disk.after_crash());
        assert_eq!(found, outcome.acknowledged);
    }
}

#[test]
fn no_log_opens_when_a_call_fails_and_none_is_called_damaged() {
    let disk = MemoryDisk::new();
    drop(open(&disk).unwrap());
    let before = disk.calls();
    let opened = open(&disk).unwrap();
    let calls = disk.calls() - before;
    drop(opened);
    for nth in 1..=calls {
        disk.inject(fault(Call::Any, nth, ErrorKind::Other));
        assert!(matches!(open(&disk), Err(OpenError::Disk(_))), "call {nth}");
    }
    open(&disk).unwrap();
}
