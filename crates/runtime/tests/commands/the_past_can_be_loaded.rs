//! An aggregate as it was, and what happened to it.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    Aggregate, Append, EventId, EventStore, EventType, ExpectedVersion, IdSource, Metadata,
    NewEvent, RandomIds, StreamVersion, Timestamp,
};
use annals_embedded::{EmbeddedOptions, EmbeddedStore, MemoryDisk};
use annals_runtime::{CommandContext, Moment, Repository};
use annals_testing::ManualClock;

use crate::account::{Account, AccountCommand, AccountEvent, accounts_in, new_store};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a second of the year 1970")
}

async fn deposit(accounts: &Repository<Account>, cents: i64, business_time: Option<Timestamp>) {
    let metadata = Metadata {
        business_time,
        ..Metadata::default()
    };
    let context = CommandContext {
        metadata,
        ..CommandContext::default()
    };
    let done = accounts
        .execute("a-1", AccountCommand::Deposit(cents), context)
        .await;
    done.expect("a deposit is accepted");
}

async fn balance_at(accounts: &Repository<Account>, time: Timestamp) -> (i64, StreamVersion) {
    let loaded = accounts.load_as_of("a-1", Moment::Time(time)).await;
    let loaded = loaded.expect("the store answers");
    (loaded.state.balance, loaded.version)
}

#[tokio::test]
async fn a_version_is_the_state_right_after_its_event() {
    let accounts = accounts_in(&new_store());
    for cents in [1, 20, 300] {
        deposit(&accounts, cents, None).await;
    }
    for (version, balance) in [(0, 0), (1, 1), (2, 21), (3, 321)] {
        let moment = Moment::Version(StreamVersion(version));
        let loaded = accounts.load_as_of("a-1", moment).await.unwrap();
        assert_eq!((loaded.state.balance, loaded.version.0), (balance, version));
    }
    let beyond = Moment::Version(StreamVersion(9));
    let loaded = accounts.load_as_of("a-1", beyond).await.unwrap();
    assert_eq!(loaded.version, StreamVersion(3));
}

#[tokio::test]
async fn a_time_includes_what_happened_at_that_very_instant() {
    let accounts = accounts_in(&new_store());
    deposit(&accounts, 1, Some(at(100))).await;
    deposit(&accounts, 20, Some(at(200))).await;
    let just_before = at(200) - Duration::from_nanos(1);
    assert_eq!(
        balance_at(&accounts, just_before).await,
        (1, StreamVersion(1))
    );
    assert_eq!(balance_at(&accounts, at(200)).await, (21, StreamVersion(2)));
    assert_eq!(
        balance_at(&accounts, at(99)).await,
        (0, StreamVersion::NONE)
    );
}

#[tokio::test]
async fn a_time_takes_business_times_in_whatever_order_they_were_recorded() {
    let accounts = accounts_in(&new_store());
    deposit(&accounts, 1, Some(at(300))).await;
    deposit(&accounts, 20, Some(at(100))).await;
    deposit(&accounts, 300, Some(at(200))).await;
    assert_eq!(balance_at(&accounts, at(100)).await, (20, StreamVersion(2)));
    assert_eq!(
        balance_at(&accounts, at(200)).await,
        (320, StreamVersion(3))
    );
    assert_eq!(
        balance_at(&accounts, at(300)).await,
        (321, StreamVersion(3))
    );
}

#[tokio::test]
async fn a_time_compares_the_recorded_time_of_events_without_another() {
    let clock = ManualClock::at(at(1_000));
    let options = EmbeddedOptions {
        clock: Arc::new(clock.clone()),
        ..EmbeddedOptions::in_memory()
    };
    let store = EmbeddedStore::open_on(MemoryDisk::new(), options).unwrap();
    let accounts = Repository::<Account>::new(Arc::new(store));
    deposit(&accounts, 1, None).await;
    clock.advance(Duration::from_secs(60));
    deposit(&accounts, 20, None).await;
    assert_eq!(
        balance_at(&accounts, at(1_059)).await,
        (1, StreamVersion(1))
    );
    assert_eq!(
        balance_at(&accounts, at(1_060)).await,
        (21, StreamVersion(2))
    );
}

#[tokio::test]
async fn history_comes_in_pages_and_in_the_newest_shape() {
    let store = new_store();
    let old = NewEvent::json(
        EventId(RandomIds.next()),
        EventType::new("MoneyDeposited").unwrap(),
        r#"{"units":7}"#,
    );
    let stream = Account::stream("a-1").unwrap();
    let append = Append::to(stream, ExpectedVersion::NoStream, vec![old]);
    store.append(append).await.unwrap();
    let accounts = accounts_in(&store);
    deposit(&accounts, 20, None).await;
    deposit(&accounts, 30, None).await;

    let first = accounts
        .history("a-1", StreamVersion::NONE, 2)
        .await
        .unwrap();
    let cents = |cents| AccountEvent::MoneyDeposited { cents };
    let events: Vec<_> = first
        .iter()
        .map(|recorded| recorded.event.clone())
        .collect();
    assert_eq!(events, [cents(700), cents(20)]);
    let last_seen = first[1].record.version;
    let rest = accounts.history("a-1", last_seen, 2).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].event, cents(30));
    assert_eq!(accounts.load("a-1").await.unwrap().state.balance, 750);
}
