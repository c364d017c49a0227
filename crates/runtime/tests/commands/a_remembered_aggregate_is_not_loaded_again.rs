//! A repository that remembers: which loads it saves, and when it forgets.

use std::iter;
use std::num::NonZeroUsize;
use std::sync::Arc;

use annals_core::{AppendError, Position, StreamVersion};
use annals_runtime::{CommandContext, ExecuteError, Moment, SnapshotPolicy};

use crate::account::{AccountCommand, accounts_in, new_store, under_key};
use crate::faulty_store::Fault;
use crate::memory_snapshots::MemorySnapshots;
use crate::two_processes::TwoProcesses;

const ONE_READ_ONE_APPEND: (u32, u32) = (1, 1);
const ONE_APPEND: (u32, u32) = (0, 1);
const ONE_READ: (u32, u32) = (1, 0);

#[tokio::test]
async fn the_next_command_reads_nothing_from_the_store() {
    let processes = TwoProcesses::remembering(10);
    processes.send(AccountCommand::Deposit(10)).await.unwrap();
    assert_eq!(processes.work(), ONE_READ_ONE_APPEND);
    for version in [3, 5] {
        let done = processes.send(AccountCommand::Exchange(5, 6)).await;
        assert_eq!(done.unwrap().version, StreamVersion(version));
        assert_eq!(processes.work(), ONE_APPEND);
    }
    let last = processes.send(AccountCommand::Withdraw(12)).await.unwrap();
    assert_eq!((last.state.balance, last.version), (0, StreamVersion(6)));
}

#[tokio::test]
async fn without_being_told_to_remember_each_command_loads() {
    let processes = TwoProcesses::remembering(1);
    let accounts = accounts_in(&processes.store);
    for _ in 0..3 {
        let deposit = AccountCommand::Deposit(1);
        let done = accounts.execute("a-1", deposit, CommandContext::default());
        done.await.unwrap();
        assert_eq!(processes.work(), ONE_READ_ONE_APPEND);
    }
}

#[tokio::test]
async fn what_a_refusal_or_an_empty_decision_was_found_on_is_remembered() {
    let processes = TwoProcesses::with_balance(10).await;
    for found in [AccountCommand::Withdraw(99), AccountCommand::LookAt] {
        processes.work();
        let _ = processes.send(found).await;
        assert_eq!(processes.work(), ONE_READ);
        processes.send(AccountCommand::Deposit(1)).await.unwrap();
        assert_eq!(processes.work(), ONE_APPEND);
    }
}

#[tokio::test]
async fn what_was_loaded_for_an_empty_decision_is_remembered() {
    let processes = TwoProcesses::remembering(10);
    processes.other_sends(AccountCommand::Deposit(10)).await;
    processes.send(AccountCommand::LookAt).await.unwrap();
    assert_eq!(processes.work(), ONE_READ);
    let done = processes.send(AccountCommand::Withdraw(10)).await.unwrap();
    assert_eq!((done.state.balance, done.version), (0, StreamVersion(2)));
    assert_eq!(processes.work(), ONE_APPEND);
}

#[tokio::test]
async fn loading_asks_the_store_whatever_is_remembered() {
    let processes = TwoProcesses::with_balance(10).await;
    processes.other_sends(AccountCommand::Deposit(5)).await;
    processes.work();
    let accounts = &processes.accounts;
    let loaded = accounts.load("a-1").await.unwrap();
    assert_eq!((loaded.state.balance, loaded.replayed), (15, 2));
    let latest = Moment::Version(StreamVersion(u64::MAX));
    let loaded = accounts.load_as_of("a-1", latest).await.unwrap();
    assert_eq!((loaded.state.balance, loaded.replayed), (15, 2));
    let history = accounts.history("a-1", StreamVersion(1), 10).await;
    assert_eq!(history.unwrap().len(), 1);
    assert_eq!(processes.work(), (3, 0));
}

#[tokio::test]
async fn a_conflict_forgets_what_it_disproved() {
    let processes = TwoProcesses::with_balance(10).await;
    processes.store.then(Fault::Conflict);
    processes.store.then(Fault::Unavailable);
    processes.work();
    let done = processes.send(AccountCommand::Deposit(1)).await;
    assert!(matches!(done, Err(ExecuteError::Store(_))), "{done:?}");
    assert_eq!(processes.work(), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn an_append_that_is_not_acknowledged_forgets() {
    for (fault, times) in [
        (Fault::AnswerLost, 6),
        (Fault::RequestLost, 6),
        (Fault::Unavailable, 1),
    ] {
        let processes = TwoProcesses::with_balance(10).await;
        iter::repeat_n(fault, times).for_each(|fault| processes.store.then(fault));
        let done = processes.send(AccountCommand::Deposit(1)).await;
        assert!(matches!(
            done,
            Err(ExecuteError::Store(
                AppendError::Unconfirmed { .. } | AppendError::Unavailable { .. }
            ))
        ));
        processes.work();
        processes.send(AccountCommand::Deposit(1)).await.unwrap();
        assert_eq!(processes.work(), ONE_READ_ONE_APPEND);
    }
}

#[tokio::test]
async fn a_command_that_is_dropped_forgets() {
    let processes = TwoProcesses::with_balance(10).await;
    processes.store.then(Fault::NeverAnswered);
    tokio::select! {
        done = processes.send(AccountCommand::Withdraw(10)) => panic!("{done:?}"),
        () = processes.are_at(Position(2)) => {}
    }
    processes.work();
    let done = processes.send(AccountCommand::Deposit(1)).await.unwrap();
    assert_eq!((done.state.balance, done.version), (1, StreamVersion(3)));
    assert_eq!(processes.work(), ONE_READ_ONE_APPEND);
}

#[tokio::test]
async fn a_repeat_leaves_what_is_remembered_alone() {
    let processes = TwoProcesses::with_balance(10).await;
    let deposit = AccountCommand::Deposit(1);
    for repeated in [false, true] {
        let context = under_key("k", "x");
        let done = processes.accounts.execute("a-1", deposit, context).await;
        assert_eq!(done.unwrap().repeated, repeated);
    }
    processes.work();
    processes.send(deposit).await.unwrap();
    assert_eq!(processes.work(), ONE_APPEND);
}

#[tokio::test]
async fn of_too_many_the_one_that_was_not_used_for_longest_is_forgotten() {
    let processes = TwoProcesses::remembering(2);
    for id in ["a-1", "a-2", "a-1", "a-3"] {
        let deposit = AccountCommand::Deposit(1);
        processes.send_to(id, deposit).await.unwrap();
    }
    processes.work();
    for (id, work) in [
        ("a-1", ONE_APPEND),
        ("a-3", ONE_APPEND),
        ("a-2", ONE_READ_ONE_APPEND),
    ] {
        let deposit = AccountCommand::Deposit(1);
        processes.send_to(id, deposit).await.unwrap();
        assert_eq!(processes.work(), work, "{id}");
    }
}

#[tokio::test]
async fn snapshots_are_taken_when_they_are_due_all_the_same() {
    let snapshots = Arc::new(MemorySnapshots::default());
    let accounts = accounts_in(&new_store())
        .with_snapshots(Arc::clone(&snapshots) as _, SnapshotPolicy::every(4))
        .remembering(NonZeroUsize::MIN);
    for (version, saves) in (1..=13).zip([0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3]) {
        // Catching up counts on, and what is behind it is not counted twice.
        let context = CommandContext::default();
        let looked = accounts.execute("a-1", AccountCommand::LookAt, context);
        looked.await.unwrap();
        let context = CommandContext::default();
        let deposit = accounts.execute("a-1", AccountCommand::Deposit(1), context);
        assert_eq!(deposit.await.unwrap().version, StreamVersion(version));
        accounts.settle().await;
        assert_eq!(snapshots.saves(), saves, "at {version}");
    }
}

#[tokio::test]
async fn a_snapshot_that_found_no_place_is_taken_by_a_later_command() {
    let snapshots = Arc::new(MemorySnapshots::closed());
    let accounts = accounts_in(&new_store())
        .with_snapshots(Arc::clone(&snapshots) as _, SnapshotPolicy::every(2))
        .remembering(NonZeroUsize::MIN);
    let deposit = async || {
        let context = CommandContext::default();
        let done = accounts.execute("a-1", AccountCommand::Deposit(1), context);
        done.await.unwrap();
    };
    for _ in 0..10 {
        deposit().await;
    }
    snapshots.open();
    accounts.settle().await;
    assert_eq!(snapshots.saves(), 4);
    deposit().await;
    accounts.settle().await;
    assert_eq!(snapshots.saves(), 5);
}
