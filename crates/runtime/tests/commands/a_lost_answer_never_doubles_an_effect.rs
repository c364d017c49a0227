//! Appends whose answers are lost: the same append is sent again, and one effect is left.

use std::iter;

use annals_core::{AppendError, EventStore, Position};
use annals_runtime::{CommandContext, ExecuteError, Executed, Repository};
use proptest::prelude::*;

use crate::account::{
    Account, AccountCommand, InsufficientFunds, accounts_in, new_store, under_key,
};
use crate::faulty_store::{Fault, FaultyStore};

#[tokio::test(start_paused = true)]
async fn an_append_whose_answer_was_lost_is_sent_again_and_stored_once() {
    for lost in [Fault::AnswerLost, Fault::RequestLost] {
        let store = new_store();
        let faulty = FaultyStore::new(&store, iter::repeat_n(lost, 3));
        let accounts = accounts_in(&faulty);
        let deposit = AccountCommand::Deposit(5);
        let done = accounts
            .execute("a-1", deposit, CommandContext::default())
            .await
            .unwrap();
        assert_eq!((done.state.balance, done.position), (5, Position(1)));
        assert_eq!(faulty.appends(), 4);
        assert_eq!(store.head().await.unwrap(), Position(1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_append_that_is_never_confirmed_ends_as_unconfirmed() {
    let faulty = FaultyStore::new(&new_store(), iter::repeat_n(Fault::RequestLost, 100));
    let accounts = accounts_in(&faulty);
    let deposit = AccountCommand::Deposit(5);
    let done = accounts
        .execute("a-1", deposit, CommandContext::default())
        .await;
    assert!(matches!(
        done,
        Err(ExecuteError::Store(AppendError::Unconfirmed { .. }))
    ));
    assert_eq!(faulty.appends(), 6);
}

#[tokio::test(start_paused = true)]
async fn unavailable_after_a_lost_answer_does_not_pass_for_nothing_written() {
    let faults = iter::once(Fault::AnswerLost).chain(iter::repeat_n(Fault::Unavailable, 100));
    let faulty = FaultyStore::new(&new_store(), faults);
    let accounts = accounts_in(&faulty);
    let deposit = AccountCommand::Deposit(5);
    let done = accounts
        .execute("a-1", deposit, CommandContext::default())
        .await;
    assert!(matches!(
        done,
        Err(ExecuteError::Store(AppendError::Unconfirmed { .. }))
    ));
}

fn any_fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        2 => Just(Fault::None),
        3 => Just(Fault::AnswerLost),
        3 => Just(Fault::RequestLost),
        1 => Just(Fault::Unavailable),
        1 => Just(Fault::Conflict),
    ]
}

fn any_command() -> impl Strategy<Value = AccountCommand> {
    prop_oneof![
        (1..50_i64).prop_map(AccountCommand::Deposit),
        (1..50_i64).prop_map(AccountCommand::Withdraw),
        (1..50_i64, 1..50_i64).prop_map(|(out, back)| AccountCommand::Exchange(out, back)),
    ]
}

/// A caller that sends the same request again until it has an answer.
async fn insist(
    accounts: &Repository<Account>,
    command: AccountCommand,
    key: &str,
) -> Result<Executed<Account>, InsufficientFunds> {
    loop {
        match accounts.execute("a-1", command, under_key(key, key)).await {
            Ok(done) => return Ok(done),
            Err(ExecuteError::Refused(refusal)) => return Err(refusal),
            Err(ExecuteError::Store(_) | ExecuteError::Contended { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_request_repeated_under_its_key_takes_effect_once_whatever_is_lost(
        commands in prop::collection::vec(any_command(), 1..12),
        faults in prop::collection::vec(any_fault(), 0..80),
    ) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let accounts = accounts_in(&FaultyStore::new(&new_store(), faults));
            let mut balance = 0;
            for (index, command) in commands.into_iter().enumerate() {
                let change = match command {
                    AccountCommand::Deposit(cents) => cents,
                    AccountCommand::Withdraw(cents) if cents <= balance => -cents,
                    AccountCommand::Exchange(out, back) if out <= balance => back - out,
                    _ => 0,
                };
                let done = insist(&accounts, command, &index.to_string()).await;
                assert_eq!(done.is_ok(), change != 0 || is_even_exchange(command, balance));
                balance += change;
                assert_eq!(accounts.load("a-1").await.unwrap().state.balance, balance);
            }
        });
    }
}

fn is_even_exchange(command: AccountCommand, balance: i64) -> bool {
    matches!(command, AccountCommand::Exchange(out, back) if out == back && out <= balance)
}
