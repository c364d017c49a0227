//! Executing and loading, when nothing goes wrong but the caller's own mistakes.

use std::sync::Arc;

use annals_core::{
    Aggregate, Append, EventId, EventStore, EventType, ExpectedVersion, IdSource, Metadata,
    NewEvent, Position, RandomIds, StreamVersion,
};
use annals_runtime::{CommandContext, ExecuteError, LoadError};
use annals_testing::SequentialIds;

use crate::account::{
    Account, AccountCommand, InsufficientFunds, accounts_in, events_of, new_store,
};

#[tokio::test]
async fn an_executed_command_is_loaded_with_its_effect() {
    let accounts = accounts_in(&new_store());
    let done = accounts
        .execute(
            "a-1",
            AccountCommand::Deposit(500),
            CommandContext::default(),
        )
        .await
        .unwrap();
    assert_eq!(done.version, StreamVersion(1));
    assert_eq!(done.position, Position(1));
    assert!(!done.repeated);

    let loaded = accounts.load("a-1").await.unwrap();
    assert_eq!(loaded.state, done.state);
    assert_eq!(
        (loaded.state.balance, loaded.version, loaded.replayed),
        (500, done.version, 1)
    );
    assert_eq!(loaded.last.unwrap().position, done.position);
}

#[tokio::test]
async fn an_aggregate_without_events_is_the_default_one() {
    let accounts = accounts_in(&new_store());
    let loaded = accounts.load("a-1").await.unwrap();
    assert_eq!(loaded.state, Account::default());
    assert_eq!(loaded.version, StreamVersion::NONE);
    assert_eq!(loaded.last, None);
}

#[tokio::test]
async fn events_of_one_command_are_recorded_together_with_consecutive_versions() {
    let store = new_store();
    let accounts = accounts_in(&store);
    let context = CommandContext::default;
    accounts
        .execute("a-1", AccountCommand::Deposit(500), context())
        .await
        .unwrap();
    let done = accounts
        .execute("a-1", AccountCommand::Exchange(500, 400), context())
        .await
        .unwrap();
    assert_eq!(
        (done.version, done.position),
        (StreamVersion(3), Position(3))
    );
    assert_eq!(done.state.balance, 400);

    let events = events_of(&*store, "a-1").await;
    assert_eq!(events[1].append, events[2].append);
    assert_ne!(events[0].append, events[1].append);
    assert_eq!(events[2].id, EventId::of_append(events[2].append, 1));
}

#[tokio::test]
async fn metadata_of_the_context_goes_with_every_event() {
    let store = new_store();
    let accounts = accounts_in(&store).with_ids(Arc::new(SequentialIds::default()));
    let metadata = Metadata {
        actor: Some("eve".to_owned()),
        correlation: Some("request-7".to_owned()),
        ..Metadata::default()
    };
    let context = CommandContext {
        metadata: metadata.clone(),
        ..CommandContext::default()
    };
    accounts
        .execute("a-1", AccountCommand::Exchange(0, 5), context)
        .await
        .unwrap();
    let events = events_of(&*store, "a-1").await;
    assert!(events.iter().all(|event| event.metadata == metadata));
    assert_eq!(events[0].append.0, SequentialIds::default().next());
}

#[tokio::test]
async fn a_refused_command_without_a_key_writes_nothing() {
    let store = new_store();
    let accounts = accounts_in(&store);
    let refused = accounts
        .execute(
            "a-1",
            AccountCommand::Withdraw(1),
            CommandContext::default(),
        )
        .await;
    assert!(matches!(
        refused,
        Err(ExecuteError::Refused(InsufficientFunds { balance: 0 }))
    ));
    assert_eq!(store.head().await.unwrap(), Position::START);
}

#[tokio::test]
async fn a_command_that_leads_to_nothing_writes_nothing_and_tells_what_it_saw() {
    let store = new_store();
    let accounts = accounts_in(&store);
    let context = CommandContext::default;
    accounts
        .execute("a-1", AccountCommand::Deposit(5), context())
        .await
        .unwrap();
    accounts
        .execute("a-2", AccountCommand::Deposit(5), context())
        .await
        .unwrap();
    let done = accounts
        .execute("a-1", AccountCommand::LookAt, context())
        .await
        .unwrap();
    assert_eq!(
        (done.version, done.position),
        (StreamVersion(1), Position(2))
    );
    assert_eq!(done.state.balance, 5);
    assert_eq!(store.head().await.unwrap(), Position(2));
}

#[tokio::test]
async fn an_id_that_cannot_name_a_stream_is_refused() {
    let accounts = accounts_in(&new_store());
    let loaded = accounts.load("").await;
    assert!(matches!(loaded, Err(LoadError::InvalidId(_))));
    let context = CommandContext::default();
    let executed = accounts
        .execute("a\n", AccountCommand::LookAt, context)
        .await;
    assert!(matches!(
        executed,
        Err(ExecuteError::Load(LoadError::InvalidId(_)))
    ));
}

#[tokio::test]
async fn an_event_that_is_not_known_is_never_skipped() {
    let store = new_store();
    let unknown = NewEvent::json(
        EventId(RandomIds.next()),
        EventType::new("AccountFrozen").unwrap(),
        "{}",
    );
    let stream = Account::stream("a-1").unwrap();
    let append = Append::to(stream, ExpectedVersion::NoStream, vec![unknown]);
    store.append(append).await.unwrap();
    let accounts = accounts_in(&store);
    assert!(matches!(
        accounts.load("a-1").await,
        Err(LoadError::Decode(_))
    ));
    let history = accounts.history("a-1", StreamVersion::NONE, 10).await;
    assert!(matches!(history, Err(LoadError::Decode(_))));
}
