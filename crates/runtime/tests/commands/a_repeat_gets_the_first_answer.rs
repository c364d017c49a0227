//! A request under an idempotency key has one answer, whoever repeats it and when.

use annals_core::{EventStore, Position, Query, Read, Source, StreamId, StreamVersion};
use annals_runtime::{CommandContext, ExecuteError};
use futures_util::future::join_all;
use serde_json::json;

use crate::account::{
    AccountCommand, InsufficientFunds, accounts_in, events_in, events_of, new_store, under_key,
};
use crate::faulty_store::FaultyStore;

#[tokio::test]
async fn a_repeat_gets_the_first_state_version_and_position_and_records_nothing() {
    let store = new_store();
    let accounts = accounts_in(&store);
    let exchange = AccountCommand::Exchange(0, 5);
    let first = accounts
        .execute("a-1", exchange, under_key("k", "x"))
        .await
        .unwrap();
    let deposit = AccountCommand::Deposit(70);
    accounts
        .execute("a-1", deposit, CommandContext::default())
        .await
        .unwrap();

    // As after a restart: nothing but the store is left.
    let accounts = accounts_in(&store);
    let again = accounts
        .execute("a-1", exchange, under_key("k", "x"))
        .await
        .unwrap();
    assert!(again.repeated);
    assert_eq!(again.state, first.state);
    assert_eq!(
        (again.version, again.position),
        (StreamVersion(2), Position(2))
    );
    assert_eq!(
        (first.version, first.position),
        (StreamVersion(2), Position(2))
    );
    assert_eq!(store.head().await.unwrap(), Position(3));
}

#[tokio::test]
async fn a_key_is_written_down_with_the_events_it_led_to() {
    let store = new_store();
    let accounts = accounts_in(&store);
    let context = under_key("k", "x");
    let fingerprint = context.idempotency.as_ref().unwrap().fingerprint;
    accounts
        .execute("a-1", AccountCommand::Deposit(5), context)
        .await
        .unwrap();
    let events = events_of(&*store, "a-1").await;
    let stamp = json!({ "key": "k", "fingerprint": fingerprint });
    assert_eq!(events[0].metadata.custom["idempotency"], stamp);
}

#[tokio::test]
async fn a_key_belongs_to_one_aggregate() {
    let accounts = accounts_in(&new_store());
    for id in ["a-1", "a-2"] {
        let deposit = AccountCommand::Deposit(5);
        let done = accounts
            .execute(id, deposit, under_key("k", "x"))
            .await
            .unwrap();
        assert!(!done.repeated);
    }
}

#[tokio::test]
async fn a_key_used_for_another_request_is_an_error() {
    let store = new_store();
    let accounts = accounts_in(&store);
    let deposit = AccountCommand::Deposit(5);
    accounts
        .execute("a-1", deposit, under_key("paid", "deposit 5"))
        .await
        .unwrap();
    let withdraw = AccountCommand::Withdraw(99);
    let refused = accounts
        .execute("a-1", withdraw, under_key("refused", "withdraw 99"))
        .await;
    assert!(matches!(refused, Err(ExecuteError::Refused(_))));

    let before = store.head().await.unwrap();
    for used in ["paid", "refused"] {
        let deposit = AccountCommand::Deposit(6);
        let done = accounts
            .execute("a-1", deposit, under_key(used, "deposit 6"))
            .await;
        assert!(matches!(done, Err(ExecuteError::KeyReused { key }) if key == used));
    }
    assert_eq!(store.head().await.unwrap(), before);
}

#[tokio::test]
async fn a_refusal_is_remembered_when_the_command_would_be_accepted_by_now() {
    let store = new_store();
    let accounts = accounts_in(&store);
    let withdraw = || AccountCommand::Withdraw(50);
    let refused = accounts
        .execute("a-1", withdraw(), under_key("k", "x"))
        .await;
    assert!(matches!(
        refused,
        Err(ExecuteError::Refused(InsufficientFunds { balance: 0 }))
    ));
    let deposit = AccountCommand::Deposit(80);
    accounts
        .execute("a-1", deposit, CommandContext::default())
        .await
        .unwrap();

    let accounts = accounts_in(&store);
    let again = accounts
        .execute("a-1", withdraw(), under_key("k", "x"))
        .await;
    assert!(matches!(
        again,
        Err(ExecuteError::Refused(InsufficientFunds { balance: 0 }))
    ));
    assert_eq!(accounts.load("a-1").await.unwrap().state.balance, 80);
}

#[tokio::test]
async fn a_refusal_is_recorded_in_a_stream_of_its_own() {
    let store = new_store();
    let accounts = accounts_in(&store);
    let withdraw = AccountCommand::Withdraw(50);
    let refused = accounts.execute("a-1", withdraw, under_key("k", "x")).await;
    assert!(matches!(refused, Err(ExecuteError::Refused(_))));

    let read = store.read(Read::forwards(Source::all())).await.unwrap();
    let [event] = read.collect().await.unwrap().try_into().unwrap();
    let stream = StreamId::new("Refusal", &event.append.to_string()).unwrap();
    assert_eq!(event.stream, stream);
    assert_eq!(event.event_type.as_str(), "CommandRefused");
    let payload: serde_json::Value = serde_json::from_slice(&event.data).unwrap();
    let told = json!({ "stream": "Account-a-1", "error": { "balance": 0 } });
    assert_eq!(payload, told);
    assert_eq!(event.metadata.custom["idempotency"]["key"], "k");
    assert!(
        events_in(&*store, "Account-a-1".parse().unwrap())
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn of_twins_that_race_one_is_recorded_and_all_get_its_answer() {
    let store = new_store();
    let twins = (0..32).map(|_| {
        // A repository each, as in 32 processes.
        let accounts = accounts_in(&store);
        let deposit = AccountCommand::Deposit(5);
        tokio::spawn(async move { accounts.execute("a-1", deposit, under_key("k", "x")).await })
    });
    for done in join_all(twins).await {
        let done = done.unwrap().unwrap();
        assert_eq!(
            (done.version, done.position),
            (StreamVersion(1), Position(1))
        );
        assert_eq!(done.state.balance, 5);
    }
    assert_eq!(store.head().await.unwrap(), Position(1));
}

#[tokio::test]
async fn a_twin_that_saw_the_first_ones_events_does_not_count_them_twice() {
    let store = new_store();
    let accounts = accounts_in(&store);
    let deposit = AccountCommand::Deposit(5);
    let first = accounts
        .execute("a-1", deposit, under_key("k", "x"))
        .await
        .unwrap();

    // It asked about the key before the first one's append, and loads after it.
    let late = FaultyStore::new(&store, []);
    late.answer_once_from_before();
    let accounts = accounts_in(&late);
    let twin = accounts
        .execute("a-1", deposit, under_key("k", "x"))
        .await
        .unwrap();
    assert_eq!(twin.state, first.state);
    assert_eq!(
        (twin.version, twin.position),
        (first.version, first.position)
    );
    assert!(twin.repeated);
    assert_eq!(late.appends(), 1);
}

#[tokio::test]
async fn a_twin_that_would_be_refused_gets_the_first_ones_acceptance() {
    let store = new_store();
    let accounts = accounts_in(&store);
    let deposit = AccountCommand::Deposit(5);
    accounts
        .execute("a-1", deposit, CommandContext::default())
        .await
        .unwrap();
    let withdraw = AccountCommand::Withdraw(5);
    accounts
        .execute("a-1", withdraw, under_key("k", "x"))
        .await
        .unwrap();

    let late = FaultyStore::new(&store, []);
    late.answer_once_from_before();
    let accounts = accounts_in(&late);
    let twin = accounts
        .execute("a-1", withdraw, under_key("k", "x"))
        .await
        .unwrap();
    assert!(twin.repeated);
    let refusals = Source::query(Query::category("Refusal"));
    let refusals = store.read(Read::forwards(refusals)).await.unwrap();
    assert_eq!(refusals.collect().await.unwrap(), []);
}

#[tokio::test]
async fn a_twin_that_would_be_accepted_gets_the_first_ones_refusal() {
    let store = new_store();
    let accounts = accounts_in(&store);
    let withdraw = AccountCommand::Withdraw(5);
    let refused = accounts.execute("a-1", withdraw, under_key("k", "x")).await;
    assert!(matches!(refused, Err(ExecuteError::Refused(_))));
    let deposit = AccountCommand::Deposit(5);
    accounts
        .execute("a-1", deposit, CommandContext::default())
        .await
        .unwrap();

    let late = FaultyStore::new(&store, []);
    late.answer_once_from_before();
    let accounts = accounts_in(&late);
    let twin = accounts.execute("a-1", withdraw, under_key("k", "x")).await;
    assert!(matches!(
        twin,
        Err(ExecuteError::Refused(InsufficientFunds { balance: 0 }))
    ));
    assert_eq!(accounts.load("a-1").await.unwrap().state.balance, 5);
}

#[tokio::test]
async fn a_command_that_led_to_nothing_leads_to_nothing_again() {
    let store = new_store();
    let accounts = accounts_in(&store);
    let look_at = || accounts.execute("a-1", AccountCommand::LookAt, under_key("k", "x"));
    let first = look_at().await.unwrap();
    assert_eq!(
        (first.version, first.position),
        (StreamVersion::NONE, Position(1))
    );
    let deposit = AccountCommand::Deposit(5);
    accounts
        .execute("a-1", deposit, CommandContext::default())
        .await
        .unwrap();
    let again = look_at().await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.state, first.state);
    assert_eq!(
        (again.version, again.position),
        (first.version, first.position)
    );

    // Also where something would follow from it by now.
    let late = AccountCommand::Deposit(70);
    let late = accounts.execute("a-1", late, under_key("k", "x")).await;
    assert_eq!(late.unwrap().state.balance, 0);
    assert_eq!(accounts.load("a-1").await.unwrap().state.balance, 5);
}

#[tokio::test]
async fn without_a_key_a_command_that_leads_to_nothing_records_nothing() {
    let store = new_store();
    let accounts = accounts_in(&store);
    let context = CommandContext::default();
    let looked = accounts
        .execute("a-1", AccountCommand::LookAt, context)
        .await;
    assert!(!looked.unwrap().repeated);
    assert_eq!(store.head().await.unwrap(), Position::START);
}

#[tokio::test]
async fn a_twin_that_would_do_something_gets_the_answer_of_the_first_that_led_to_nothing() {
    let store = new_store();
    let accounts = accounts_in(&store);
    let looked = accounts.execute("a-1", AccountCommand::LookAt, under_key("k", "x"));
    looked.await.unwrap();

    let late = FaultyStore::new(&store, []);
    late.answer_once_from_before();
    let deposit = AccountCommand::Deposit(5);
    let twin = accounts_in(&late)
        .execute("a-1", deposit, under_key("k", "x"))
        .await
        .unwrap();
    assert!(twin.repeated);
    assert_eq!(twin.state.balance, 0);
    assert_eq!(store.head().await.unwrap(), Position(1));
}
