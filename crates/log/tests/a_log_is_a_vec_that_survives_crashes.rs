//! Under any sequence of commits, failures, restarts and power cuts a log behaves as a `Vec` of what was
//! acknowledged.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod store;

use std::io::ErrorKind;

use annals_log::{Call, CommitError, Fault, Lasting, Log, MemoryDisk, OpenError};
use proptest::prelude::*;
use store::{commit, open};

#[derive(Debug, Clone)]
enum Step {
    Commit(Vec<Vec<u8>>),
    /// A later call fails.
    Fail(Fault),
    /// The process ends and starts anew; the page cache stays.
    Restart,
    /// The power fails; what is not synced survives or not, by the bits of the seed's sequence.
    PowerCut {
        seed: u64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Zeros are what a missing sector leaves, so they are in many payloads.
    let payload = (any::<u8>(), 0..350_usize, 0..350_usize)
        .prop_map(|(byte, bytes, zeros)| [vec![byte; bytes], vec![0; zeros]].concat());
    let fault = (
        prop_oneof![Just(Call::Any), Just(Call::Write), Just(Call::Sync)],
        1..12_u64,
        prop_oneof![Just(ErrorKind::Other), Just(ErrorKind::StorageFull)],
        prop_oneof![Just(Lasting::Once), Just(Lasting::UntilHealed)],
    );
    let step = prop_oneof![
        6 => prop::collection::vec(payload, 1..4).prop_map(Step::Commit),
        1 => fault.prop_map(|(on, nth, kind, lasting)| Step::Fail(Fault { on, nth, kind, lasting })),
        1 => Just(Step::Restart),
        2 => any::<u64>().prop_map(|seed| Step::PowerCut { seed }),
    ];
    prop::collection::vec(step, 1..40)
}

/// A log, and what it must hold.
struct Model {
    disk: MemoryDisk,
    log: Log,
    acknowledged: Vec<Vec<u8>>,
    /// The batch of which nobody knows; it is there whole or not at all.
    in_doubt: Vec<Vec<u8>>,
    stopped: bool,
}

impl Model {
    fn new() -> Model {
        let disk = MemoryDisk::new();
        let (log, _) = open(&disk).unwrap();
        Model {
            disk,
            log,
            acknowledged: Vec::new(),
            in_doubt: Vec::new(),
            stopped: false,
        }
    }

    /// The log after a step, which must hold what it should.
    fn after(mut self, step: Step) -> Model {
        match step {
            Step::Commit(batch) => self.commit(batch),
            Step::Fail(fault) => self.disk.inject(fault),
            Step::Restart => return self.reopened_on(MemoryDisk::clone),
            Step::PowerCut { mut seed } => {
                return self.reopened_on(|disk| disk.after_crash_keeping(|_| next_bit(&mut seed)));
            }
        }
        assert_eq!(self.log.reader().durable(), self.acknowledged.len() as u64);
        self
    }

    fn commit(&mut self, batch: Vec<Vec<u8>>) {
        match commit(&mut self.log, &batch) {
            Ok(_) => {
                assert!(!self.stopped, "acknowledged after the writer stopped");
                self.acknowledged.extend(batch);
            }
            Err(CommitError::NotWritten { .. } | CommitError::TooLarge { .. }) => {}
            Err(CommitError::Unconfirmed { .. }) => {
                self.stopped = true;
                self.in_doubt = batch;
            }
            Err(CommitError::Stopped { .. }) => self.stopped = true,
            Err(other) => panic!("no reason to refuse: {other:?}"),
        }
    }

    fn reopened_on(self, next: impl FnOnce(&MemoryDisk) -> MemoryDisk) -> Model {
        let disk = next(&self.disk);
        drop(self.log);
        let (log, found) = open_as_soon_as_possible(&disk);
        let with_doubtful = [&self.acknowledged[..], &self.in_doubt].concat();
        assert!(found == self.acknowledged || found == with_doubtful);
        Model {
            disk,
            log,
            acknowledged: found,
            in_doubt: Vec::new(),
            stopped: false,
        }
    }
}

/// Opens the log; if a failure to come comes now, once more without it.
fn open_as_soon_as_possible(disk: &MemoryDisk) -> (Log, Vec<Vec<u8>>) {
    match open(disk) {
        Ok(opened) => opened,
        Err(OpenError::Disk(_)) => {
            disk.heal();
            open(disk).unwrap()
        }
        Err(other) => panic!("nothing is damaged: {other:?}"),
    }
}

fn next_bit(state: &mut u64) -> bool {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *state >> 63 == 1
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_steps_leaves_what_was_acknowledged(steps in steps()) {
        let model = steps.into_iter().fold(Model::new(), Model::after);
        model.after(Step::PowerCut { seed: 0 });
    }
}
