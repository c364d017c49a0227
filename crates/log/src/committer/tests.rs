use std::sync::Arc;
use std::sync::mpsc;

use super::*;
use crate::disk::{Call, Fault, Lasting, MemoryDisk};
use crate::options::LogOptions;
use crate::recover::Tail;

fn open(disk: &MemoryDisk) -> Log {
    let options = LogOptions {
        segment_bytes: 4096,
        ..LogOptions::new([7; 16])
    };
    Log::open(Arc::new(disk.clone()), &options, &mut |_, _| {}).unwrap()
}

fn batch(payloads: &[&[u8]]) -> Batch {
    let mut batch = Batch::new();
    payloads.iter().for_each(|payload| batch.push(payload));
    batch
}

#[test]
fn batches_are_committed_in_order_and_given_back() {
    let disk = MemoryDisk::new();
    let log = open(&disk);
    let reader = log.reader();
    let (done, outcomes) = mpsc::channel();
    let committer = Committer::start(log, move |outcome, batch| {
        done.send((outcome.unwrap(), batch)).unwrap();
    })
    .unwrap();
    for round in 0..20 {
        let submitted = batch(&[&[round], b"second"]);
        committer.submit(submitted.clone());
        let (committed, given_back) = outcomes.recv().unwrap();
        assert_eq!(
            committed,
            Committed {
                first: u64::from(round) * 2 + 1,
                last: u64::from(round) * 2 + 2
            }
        );
        assert_eq!(given_back, submitted);
        assert_eq!(reader.read(committed.first).unwrap(), [round]);
    }
    committer.close().unwrap();
    assert_eq!(open(&disk).last(), 40);
}

#[test]
fn dropping_it_commits_what_was_submitted_and_closes_the_log() {
    let disk = MemoryDisk::new();
    let committer = Committer::start(open(&disk), |_, _| {}).unwrap();
    committer.submit(batch(&[b"a"]));
    committer.submit(batch(&[b"b"]));
    drop(committer);

    let log = open(&disk.after_crash());
    assert_eq!((log.last(), &log.recovery().tail), (2, &Tail::Clean));
}

#[test]
fn a_failure_reaches_the_batch_it_befell_and_all_later_ones() {
    let disk = MemoryDisk::new();
    let (done, outcomes) = mpsc::channel();
    let committer =
        Committer::start(open(&disk), move |outcome, _| done.send(outcome).unwrap()).unwrap();
    disk.inject(Fault {
        on: Call::Sync,
        nth: 1,
        kind: io::ErrorKind::Other,
        lasting: Lasting::Once,
    });
    committer.submit(batch(&[b"a"]));
    committer.submit(batch(&[b"b"]));
    assert!(matches!(
        outcomes.recv().unwrap(),
        Err(CommitError::Unconfirmed { .. })
    ));
    assert!(matches!(
        outcomes.recv().unwrap(),
        Err(CommitError::Stopped { .. })
    ));
}
