//! Snapshots: when they are taken, and that none is ever trusted over the events.

use std::sync::Arc;

use annals_core::{Aggregate, EventId, Fingerprint, StoredSnapshot, StreamVersion};
use annals_embedded::EmbeddedStore;
use annals_runtime::{CommandContext, ExecuteError, Moment, Repository, SnapshotPolicy};
use proptest::prelude::*;
use uuid::Uuid;

use crate::account::{Account, AccountCommand, accounts_in, new_store};
use crate::memory_snapshots::{MemorySnapshots, NoSnapshots};

struct Bank {
    accounts: Repository<Account>,
    snapshots: Arc<MemorySnapshots>,
    store: Arc<EmbeddedStore>,
}

impl Bank {
    fn with(snapshots: MemorySnapshots, every: u64) -> Self {
        let (store, snapshots) = (new_store(), Arc::new(snapshots));
        let policy = SnapshotPolicy::every(every);
        let accounts = accounts_in(&store).with_snapshots(Arc::clone(&snapshots) as _, policy);
        Self {
            accounts,
            snapshots,
            store,
        }
    }

    fn every(events: u64) -> Self {
        Self::with(MemorySnapshots::default(), events)
    }

    async fn send(&self, command: AccountCommand) {
        let done = self
            .accounts
            .execute("a-1", command, CommandContext::default())
            .await;
        assert!(
            matches!(done, Ok(_) | Err(ExecuteError::Refused(_))),
            "{done:?}"
        );
        self.accounts.settle().await;
    }

    fn snapshot(&self) -> Option<StoredSnapshot> {
        let stream = Account::stream("a-1").expect("a valid id");
        self.snapshots.of(&stream)
    }

    fn version_of_snapshot(&self) -> Option<u64> {
        self.snapshot().map(|snapshot| snapshot.version.0)
    }
}

#[tokio::test]
async fn loading_begins_at_the_snapshot() {
    let bank = Bank::every(4);
    for _ in 0..6 {
        bank.send(AccountCommand::Deposit(10)).await;
    }
    assert_eq!(bank.version_of_snapshot(), Some(4));
    let loaded = bank.accounts.load("a-1").await.unwrap();
    assert_eq!((loaded.replayed, loaded.version), (2, StreamVersion(6)));
    assert_eq!(loaded.state.balance, 60);
}

#[tokio::test]
async fn a_commit_of_two_events_does_not_jump_over_the_snapshot() {
    let bank = Bank::every(2);
    bank.send(AccountCommand::Deposit(10)).await;
    assert_eq!(bank.version_of_snapshot(), None);
    bank.send(AccountCommand::Exchange(1, 2)).await;
    assert_eq!(bank.version_of_snapshot(), Some(3));
    bank.send(AccountCommand::Deposit(10)).await;
    assert_eq!(bank.version_of_snapshot(), Some(3));
    bank.send(AccountCommand::Exchange(1, 2)).await;
    assert_eq!(bank.version_of_snapshot(), Some(6));
}

#[tokio::test]
async fn commands_do_not_wait_for_snapshots_and_few_are_taken_at_once() {
    let bank = Bank::with(MemorySnapshots::closed(), 1);
    for _ in 0..9 {
        let deposit = AccountCommand::Deposit(1);
        bank.accounts
            .execute("a-1", deposit, CommandContext::default())
            .await
            .unwrap();
    }
    assert_eq!(bank.snapshot(), None);
    bank.snapshots.open();
    bank.accounts.settle().await;
    assert_eq!(bank.snapshots.saves(), 4);
    // What was skipped is made up for by the next command.
    bank.send(AccountCommand::Deposit(1)).await;
    assert_eq!(bank.version_of_snapshot(), Some(10));
}

#[tokio::test]
async fn a_snapshot_that_does_not_fit_is_ignored() {
    let bank = Bank::every(3);
    for _ in 0..4 {
        bank.send(AccountCommand::Deposit(10)).await;
    }
    let good = bank.snapshot().unwrap();
    assert_eq!(bank.accounts.load("a-1").await.unwrap().replayed, 1);
    let wrong = br#"{"balance":999,"turnover":999}"#.to_vec();
    let lying = |snapshot: StoredSnapshot| StoredSnapshot {
        state: wrong.clone(),
        ..snapshot
    };
    let misfits = [
        lying(StoredSnapshot {
            fingerprint: Fingerprint(Uuid::nil()),
            ..good.clone()
        }),
        lying(StoredSnapshot {
            last_event: EventId(Uuid::nil()),
            ..good.clone()
        }),
        lying(StoredSnapshot {
            version: StreamVersion(2),
            ..good.clone()
        }),
        lying(StoredSnapshot {
            version: StreamVersion(4),
            ..good.clone()
        }),
        lying(StoredSnapshot {
            version: StreamVersion(5),
            ..good.clone()
        }),
        lying(StoredSnapshot {
            version: StreamVersion::NONE,
            ..good.clone()
        }),
        StoredSnapshot {
            state: b"{}".to_vec(),
            ..good
        },
    ];
    for misfit in misfits {
        let stream = Account::stream("a-1").unwrap();
        bank.snapshots.put(stream, misfit.clone());
        let loaded = bank.accounts.load("a-1").await.unwrap();
        assert_eq!(
            (loaded.state.balance, loaded.replayed),
            (40, 4),
            "{misfit:?}"
        );
    }
}

#[tokio::test]
async fn a_snapshot_is_no_use_for_a_version_before_it() {
    let bank = Bank::every(3);
    for _ in 0..4 {
        bank.send(AccountCommand::Deposit(10)).await;
    }
    for (version, replayed) in [(2, 2), (3, 0), (4, 1)] {
        let moment = Moment::Version(StreamVersion(version));
        let loaded = bank.accounts.load_as_of("a-1", moment).await.unwrap();
        assert_eq!(loaded.version, StreamVersion(version));
        assert_eq!(
            (loaded.state.balance, loaded.replayed),
            (i64::try_from(version).unwrap() * 10, replayed)
        );
    }
}

#[tokio::test]
async fn commands_go_on_when_snapshots_can_be_neither_read_nor_kept() {
    let policy = SnapshotPolicy::every(1);
    let accounts = accounts_in(&new_store()).with_snapshots(Arc::new(NoSnapshots), policy);
    for version in 1..=3 {
        let deposit = AccountCommand::Deposit(1);
        let done = accounts
            .execute("a-1", deposit, CommandContext::default())
            .await
            .unwrap();
        assert_eq!(done.version, StreamVersion(version));
        accounts.settle().await;
    }
}

fn any_command() -> impl Strategy<Value = AccountCommand> {
    prop_oneof![
        (1..50_i64).prop_map(AccountCommand::Deposit),
        (1..50_i64).prop_map(AccountCommand::Withdraw),
        (1..50_i64, 1..50_i64).prop_map(|(out, back)| AccountCommand::Exchange(out, back)),
        Just(AccountCommand::LookAt),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn loading_with_a_snapshot_equals_loading_without(
        commands in prop::collection::vec(any_command(), 1..40),
        every in 1..8_u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let bank = Bank::every(every);
            let plain = accounts_in(&bank.store);
            for command in commands {
                bank.send(command).await;
                let shortened = bank.accounts.load("a-1").await.unwrap();
                let replayed = plain.load("a-1").await.unwrap();
                assert_eq!(shortened.state, replayed.state);
                assert_eq!(shortened.version, replayed.version);
                assert_eq!(shortened.last, replayed.last);
                assert!(shortened.replayed < every);
            }
        });
    }
}
