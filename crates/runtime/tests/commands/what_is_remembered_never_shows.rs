//! Whatever a repository remembers, its answers are those of one that loads each time.

use std::iter;
use std::num::NonZeroUsize;
use std::sync::Arc;

use annals_core::{
    EventStore, ExpectedVersion, Position, Read, RecordedEvent, Source, StreamVersion, Timestamp,
};
use annals_embedded::EmbeddedStore;
use annals_runtime::{CommandContext, ExecuteError, Repository};
use annals_testing::SequentialIds;
use futures_util::future::join_all;
use proptest::prelude::*;

use crate::account::{
    Account, AccountCommand, InsufficientFunds, accounts_in, new_store, under_key,
};
use crate::two_processes::TwoProcesses;

fn expecting(version: u64) -> CommandContext {
    CommandContext {
        expected: Some(ExpectedVersion::At(StreamVersion(version))),
        ..CommandContext::default()
    }
}

#[tokio::test]
async fn a_command_that_is_allowed_by_now_is_not_refused() {
    let processes = TwoProcesses::with_balance(10).await;
    processes.other_sends(AccountCommand::Deposit(90)).await;
    let done = processes.send(AccountCommand::Withdraw(100)).await.unwrap();
    assert_eq!((done.state.balance, done.version), (0, StreamVersion(3)));
}

#[tokio::test]
async fn a_command_that_is_forbidden_by_now_is_refused_with_what_is_there_now() {
    let processes = TwoProcesses::with_balance(100).await;
    processes.other_sends(AccountCommand::Withdraw(90)).await;
    let refused = processes.send(AccountCommand::Withdraw(50)).await;
    assert!(matches!(
        refused,
        Err(ExecuteError::Refused(InsufficientFunds { balance: 10 }))
    ));
    // Also where it was refused before.
    processes.other_sends(AccountCommand::Withdraw(9)).await;
    let refused = processes.send(AccountCommand::Withdraw(50)).await;
    assert!(matches!(
        refused,
        Err(ExecuteError::Refused(InsufficientFunds { balance: 1 }))
    ));
}

#[tokio::test]
async fn a_recorded_refusal_is_of_what_was_there() {
    let processes = TwoProcesses::with_balance(10).await;
    processes.other_sends(AccountCommand::Deposit(5)).await;
    for _ in 0..2 {
        let withdraw = AccountCommand::Withdraw(50);
        let context = under_key("k", "x");
        let refused = processes.accounts.execute("a-1", withdraw, context).await;
        assert!(matches!(
            refused,
            Err(ExecuteError::Refused(InsufficientFunds { balance: 15 }))
        ));
    }
    let refusals = Read::forwards(Source::all_after(Position(2)));
    let refusals = processes.shared().read(refusals).await.unwrap();
    let [refusal] = refusals.collect().await.unwrap().try_into().unwrap();
    assert!(refusal.stream.as_str().starts_with("Refusal-"));
}

#[tokio::test]
async fn an_empty_decision_tells_what_is_there_now() {
    let processes = TwoProcesses::with_balance(10).await;
    processes.other_sends(AccountCommand::Deposit(5)).await;
    let looked = processes.send(AccountCommand::LookAt).await.unwrap();
    assert_eq!(
        (looked.state.balance, looked.version, looked.position),
        (15, StreamVersion(2), Position(2))
    );
    // Nothing new in it, but elsewhere.
    let deposit = AccountCommand::Deposit(1);
    processes.send_to("a-2", deposit).await.unwrap();
    let looked = processes.send(AccountCommand::LookAt).await.unwrap();
    assert_eq!(
        (looked.state.balance, looked.version, looked.position),
        (15, StreamVersion(2), Position(3))
    );
}

#[tokio::test]
async fn an_expected_version_is_compared_with_the_one_there_is() {
    let processes = TwoProcesses::with_balance(10).await;
    processes.other_sends(AccountCommand::Deposit(5)).await;
    for expected in [1, 3] {
        let deposit = AccountCommand::Deposit(1);
        let done = processes
            .accounts
            .execute("a-1", deposit, expecting(expected));
        assert!(matches!(
            done.await,
            Err(ExecuteError::VersionMismatch {
                actual: StreamVersion(2),
                ..
            })
        ));
    }
    processes.other_sends(AccountCommand::Deposit(5)).await;
    let deposit = AccountCommand::Deposit(1);
    let done = processes.accounts.execute("a-1", deposit, expecting(3));
    assert_eq!(done.await.unwrap().state.balance, 21);
}

#[tokio::test]
async fn a_history_that_is_another_by_now_is_loaded() {
    let processes = TwoProcesses::with_balance(100).await;
    let earlier = new_store();
    let context = CommandContext::default();
    let accounts = accounts_in(&earlier);
    let deposit = accounts.execute("a-1", AccountCommand::Deposit(5), context);
    deposit.await.unwrap();
    processes.store.replace_by(&earlier);
    let looked = processes.send(AccountCommand::LookAt).await.unwrap();
    assert_eq!(
        (looked.state.balance, looked.version),
        (5, StreamVersion(1))
    );
}

#[tokio::test]
async fn a_history_that_is_shorter_by_now_is_loaded() {
    let processes = TwoProcesses::with_balance(100).await;
    processes.store.replace_by(&new_store());
    let refused = processes.send(AccountCommand::Withdraw(101)).await;
    assert!(matches!(
        refused,
        Err(ExecuteError::Refused(InsufficientFunds { balance: 0 }))
    ));
}

#[tokio::test]
async fn withdrawals_of_processes_that_remember_never_take_more_than_there_is() {
    let store = new_store();
    let remembering = || accounts_in(&store).remembering(NonZeroUsize::MIN);
    let processes: Vec<_> = iter::repeat_with(remembering).take(4).collect();
    let context = CommandContext::default();
    let deposit = processes[0].execute("a-1", AccountCommand::Deposit(300), context);
    deposit.await.unwrap();
    let withdraw = |index: usize| {
        let accounts = processes[index % 4].clone();
        async move {
            loop {
                let withdraw = AccountCommand::Withdraw(10);
                let context = CommandContext::default();
                let done = accounts.execute("a-1", withdraw, context).await;
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
}

/// One of three processes sends one of two accounts a command.
#[derive(Debug, Clone)]
struct Step {
    process: usize,
    account: &'static str,
    command: AccountCommand,
    expected: Option<u64>,
    key: Option<u8>,
}

impl Step {
    fn context(&self) -> CommandContext {
        let keyed = self.key.map(|key| under_key(&key.to_string(), "x"));
        CommandContext {
            expected: self
                .expected
                .and_then(|version| expecting(version).expected),
            ..keyed.unwrap_or_default()
        }
    }
}

fn any_command() -> impl Strategy<Value = AccountCommand> {
    prop_oneof![
        3 => (1..50_i64).prop_map(AccountCommand::Deposit),
        3 => (1..50_i64).prop_map(AccountCommand::Withdraw),
        2 => (1..50_i64, 1..50_i64).prop_map(|(out, back)| AccountCommand::Exchange(out, back)),
        1 => Just(AccountCommand::LookAt),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let account = prop_oneof![Just("a-1"), Just("a-2")];
    let expected = prop::option::weighted(0.3, 0..8_u64);
    let key = prop::option::weighted(0.3, 0..4_u8);
    let parts = (0..3_usize, account, any_command(), expected, key);
    parts.prop_map(|(process, account, command, expected, key)| Step {
        process,
        account,
        command,
        expected,
        key,
    })
}

/// Three processes on a store of their own, of which the first so many remember.
struct World {
    store: Arc<EmbeddedStore>,
    processes: [Repository<Account>; 3],
}

impl World {
    fn with(remembering: usize, bound: NonZeroUsize) -> Self {
        let (store, ids) = (new_store(), Arc::new(SequentialIds::default()));
        let process = |index| {
            let accounts = accounts_in(&store).with_ids(Arc::clone(&ids) as _);
            if index < remembering {
                accounts.remembering(bound)
            } else {
                accounts
            }
        };
        Self {
            processes: [0, 1, 2].map(process),
            store,
        }
    }

    /// Does one step and tells what is answered, as a caller could print it.
    async fn take(&self, step: &Step) -> String {
        let accounts = &self.processes[step.process];
        let done = accounts.execute(step.account, step.command, step.context());
        format!("{:?}", done.await)
    }

    async fn log(&self) -> Vec<RecordedEvent> {
        let read = self.store.read(Read::forwards(Source::all())).await;
        let events = read.expect("the store answers").collect().await;
        let mut events = events.expect("the store answers");
        for event in &mut events {
            event.recorded_at = Timestamp::UNIX_EPOCH;
        }
        events
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn processes_that_remember_answer_and_record_what_others_would(
        steps in prop::collection::vec(any_step(), 1..40),
        bound in 1..3_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let bound = NonZeroUsize::new(bound).unwrap();
            let (remembering, loading) = (World::with(2, bound), World::with(0, bound));
            for step in &steps {
                assert_eq!(remembering.take(step).await, loading.take(step).await);
            }
            assert_eq!(remembering.log().await, loading.log().await);
        });
    }
}
