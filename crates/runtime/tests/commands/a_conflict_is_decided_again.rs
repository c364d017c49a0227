//! Several writers to one account: the store settles every race, the repository tries again.

use std::iter;
use std::num::NonZeroU32;
use std::sync::Arc;

use annals_core::{
    Aggregate, Append, AppendError, Event, EventId, EventStore, ExpectedVersion, IdSource,
    Metadata, Position, RandomIds, StreamVersion,
};
use annals_runtime::{CommandContext, ConflictPolicy, ExecuteError};
use futures_util::future::join_all;

use crate::account::{
    Account, AccountCommand, AccountEvent, InsufficientFunds, accounts_in, events_of, new_store,
};
use crate::faulty_store::{Fault, FaultyStore};

fn expecting(expected: ExpectedVersion) -> CommandContext {
    CommandContext {
        expected: Some(expected),
        ..CommandContext::default()
    }
}

/// Another writer's withdrawal.
fn withdrawal(cents: i64) -> Fault {
    let event = AccountEvent::MoneyWithdrawn { cents };
    let event = event.to_new(EventId(RandomIds.next()), Metadata::default());
    let stream = Account::stream("a-1").expect("a valid id");
    let events = vec![event.expect("it has a stored form")];
    Fault::Overtaken(Box::new(Append::to(stream, ExpectedVersion::Any, events)))
}

async fn with_balance(cents: i64) -> Arc<annals_embedded::EmbeddedStore> {
    let store = new_store();
    let accounts = accounts_in(&store);
    let deposit = AccountCommand::Deposit(cents);
    let done = accounts
        .execute("a-1", deposit, CommandContext::default())
        .await;
    done.expect("a deposit is accepted");
    store
}

#[tokio::test]
async fn a_command_that_was_overtaken_decides_on_the_new_state() {
    let store = with_balance(100).await;
    let faulty = FaultyStore::new(&store, [withdrawal(80)]);
    let accounts = accounts_in(&faulty);
    let withdraw = AccountCommand::Withdraw(50);
    let refused = accounts
        .execute("a-1", withdraw, CommandContext::default())
        .await;
    assert!(matches!(
        refused,
        Err(ExecuteError::Refused(InsufficientFunds { balance: 20 }))
    ));

    let faulty = FaultyStore::new(&store, [withdrawal(5)]);
    let accounts = accounts_in(&faulty);
    let withdraw = AccountCommand::Withdraw(10);
    let done = accounts
        .execute("a-1", withdraw, CommandContext::default())
        .await
        .unwrap();
    assert_eq!((done.state.balance, done.version), (5, StreamVersion(4)));
}

#[tokio::test]
async fn sixty_four_withdrawals_at_once_never_take_more_than_there_is() {
    let store = with_balance(300).await;
    // As in four processes, which do not know of each other's queues.
    let processes: Vec<_> = iter::repeat_with(|| accounts_in(&store)).take(4).collect();
    let withdraw = |index: usize| {
        let accounts = processes[index % 4].clone();
        async move {
            loop {
                let withdraw = AccountCommand::Withdraw(10);
                let done = accounts
                    .execute("a-1", withdraw, CommandContext::default())
                    .await;
                if !matches!(done, Err(ExecuteError::Contended { .. })) {
                    return done;
                }
            }
        }
    };
    let done = join_all((0..64).map(|index| tokio::spawn(withdraw(index)))).await;
    let (accepted, refused): (Vec<_>, Vec<_>) = done
        .into_iter()
        .map(Result::unwrap)
        .partition(Result::is_ok);
    assert_eq!((accepted.len(), refused.len()), (30, 34));
    assert!(refused.iter().all(|refused| matches!(
        refused,
        Err(ExecuteError::Refused(InsufficientFunds { balance: 0 }))
    )));
    let loaded = processes[0].load("a-1").await.unwrap();
    assert_eq!(
        (loaded.state.balance, loaded.version),
        (0, StreamVersion(31))
    );
}

#[tokio::test]
async fn commands_of_one_process_queue_up_instead_of_conflicting() {
    let store = new_store();
    let counting = FaultyStore::new(&store, []);
    let accounts = accounts_in(&counting);
    let deposit = || {
        let accounts = accounts.clone();
        async move {
            let deposit = AccountCommand::Deposit(1);
            accounts
                .execute("a-1", deposit, CommandContext::default())
                .await
        }
    };
    let done = join_all((0..64).map(|_| tokio::spawn(deposit()))).await;
    for done in done {
        done.unwrap().unwrap();
    }
    assert_eq!(counting.appends(), 64);
}

#[tokio::test]
async fn a_command_is_decided_as_often_as_the_policy_says() {
    let faulty = FaultyStore::new(&new_store(), iter::repeat_n(Fault::Conflict, 100));
    let policy = ConflictPolicy {
        attempts: NonZeroU32::new(3).expect("3 is not zero"),
        ..ConflictPolicy::default()
    };
    let accounts = accounts_in(&faulty).with_conflict_policy(policy);
    let deposit = AccountCommand::Deposit(1);
    let done = accounts
        .execute("a-1", deposit, CommandContext::default())
        .await;
    assert!(matches!(done, Err(ExecuteError::Contended { attempts: 3 })));
    assert_eq!(faulty.appends(), 3);
}

#[tokio::test]
async fn a_command_that_is_always_overtaken_gives_up_and_wrote_nothing() {
    let store = new_store();
    let faulty = FaultyStore::new(&store, iter::repeat_n(Fault::Conflict, 100));
    let accounts = accounts_in(&faulty);
    let deposit = AccountCommand::Deposit(1);
    let done = accounts
        .execute("a-1", deposit, CommandContext::default())
        .await;
    assert!(matches!(
        done,
        Err(ExecuteError::Contended { attempts: 16 })
    ));
    assert_eq!(faulty.appends(), 16);
    assert_eq!(store.head().await.unwrap(), Position::START);
}

#[tokio::test]
async fn a_command_for_another_version_is_not_decided() {
    let store = with_balance(100).await;
    let accounts = accounts_in(&store);
    for expected in [
        ExpectedVersion::NoStream,
        ExpectedVersion::At(StreamVersion(2)),
    ] {
        let withdraw = AccountCommand::Withdraw(1);
        let done = accounts.execute("a-1", withdraw, expecting(expected)).await;
        let Err(ExecuteError::VersionMismatch {
            expected: told,
            actual,
        }) = done
        else {
            panic!("{done:?}");
        };
        assert_eq!((told, actual), (expected, StreamVersion(1)));
    }
    assert_eq!(events_of(&*store, "a-1").await.len(), 1);

    let expected = expecting(ExpectedVersion::At(StreamVersion(1)));
    let done = accounts
        .execute("a-1", AccountCommand::Withdraw(1), expected)
        .await;
    assert_eq!(done.unwrap().version, StreamVersion(2));
}

#[tokio::test]
async fn a_command_for_a_version_is_not_decided_again_on_a_later_one() {
    let store = with_balance(100).await;
    let faulty = FaultyStore::new(&store, [withdrawal(5)]);
    let accounts = accounts_in(&faulty);
    let expected = expecting(ExpectedVersion::At(StreamVersion(1)));
    let done = accounts
        .execute("a-1", AccountCommand::Withdraw(1), expected)
        .await;
    assert!(matches!(
        done,
        Err(ExecuteError::VersionMismatch {
            actual: StreamVersion(2),
            ..
        })
    ));
}

#[tokio::test]
async fn an_unavailable_store_is_not_asked_again() {
    let faulty = FaultyStore::new(&new_store(), [Fault::Unavailable]);
    let accounts = accounts_in(&faulty);
    let deposit = AccountCommand::Deposit(1);
    let done = accounts
        .execute("a-1", deposit, CommandContext::default())
        .await;
    assert!(matches!(
        done,
        Err(ExecuteError::Store(AppendError::Unavailable { .. }))
    ));
    assert_eq!(faulty.appends(), 1);
}
