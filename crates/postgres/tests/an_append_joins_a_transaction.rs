//! An append in a transaction of the caller's own: it takes effect with the caller's statements or
//! not at all, and is an append like any other to everybody else.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod place;

use std::sync::Arc;

use annals_core::{
    Append, AppendError, Appended, Delivery, EventId, EventStore, EventType, ExpectedVersion,
    IdSource, InvalidAppend, NewEvent, Position, Query, RandomIds, Read, Source, StreamId,
    Subscription,
};
use annals_postgres::{Client, Postgres, PostgresStore};
use futures_util::future::join_all;
use place::Place;

/// A store, and a table of the caller's own beside it.
struct Shop {
    postgres: Postgres,
    store: PostgresStore,
}

impl Shop {
    async fn open() -> Self {
        let place = Place::on(annals_servers::postgres_url());
        let postgres = Postgres::connect(&place.url()).await.unwrap();
        let store = PostgresStore::open(&postgres).await.unwrap();
        let shop = Self { postgres, store };
        let table = shop.sql("create table {schema}.notes (note text not null)");
        let client = shop.client().await;
        client.execute(&table, &[]).await.unwrap();
        shop
    }

    fn sql(&self, text: &str) -> String {
        self.postgres.sql(text)
    }

    async fn client(&self) -> Client {
        self.postgres.client().await.unwrap()
    }

    fn note(&self) -> String {
        self.sql("insert into {schema}.notes values ('noted')")
    }

    async fn notes(&self) -> i64 {
        let count = self.sql("select count(*) from {schema}.notes");
        let rows = self.client().await.rows(&count, &[]).await.unwrap();
        rows[0].get(0)
    }

    /// Notes and appends, and commits.
    async fn note_and_append(&self, append: Append) -> Result<Appended, AppendError> {
        let mut client = self.client().await;
        let tx = client.transaction().await.unwrap();
        tx.execute(&self.note(), &[]).await.unwrap();
        let appended = self.store.append_in(&tx, append).await;
        tx.commit().await.unwrap();
        appended
    }

    async fn head(&self) -> u64 {
        self.store.head().await.unwrap().0
    }
}

fn event() -> NewEvent {
    let id = EventId(RandomIds.next());
    NewEvent::json(id, EventType::new("Noted").unwrap(), "1")
}

fn append(expected: ExpectedVersion, events: usize) -> Append {
    let stream = StreamId::new("Note", "1").unwrap();
    Append::to(stream, expected, (0..events).map(|_| event()).collect())
}

async fn next_event(subscription: &mut Subscription) -> Position {
    loop {
        if let Delivery::Event(event) = subscription.next().await.unwrap() {
            return event.position;
        }
    }
}

#[tokio::test]
async fn statements_and_append_commit_together() {
    let shop = Shop::open().await;
    let appended = shop.note_and_append(append(ExpectedVersion::Any, 2)).await;
    assert_eq!(appended.unwrap().last, Position(2));
    assert_eq!((shop.notes().await, shop.head().await), (1, 2));
}

#[tokio::test]
async fn neither_takes_effect_when_the_transaction_is_rolled_back() {
    let shop = Shop::open().await;
    let mut client = shop.client().await;
    let tx = client.transaction().await.unwrap();
    tx.execute(&shop.note(), &[]).await.unwrap();
    let new = append(ExpectedVersion::NoStream, 1);
    shop.store.append_in(&tx, new.clone()).await.unwrap();
    assert_eq!(shop.head().await, 0, "nobody sees it before the commit");
    drop(tx);

    assert_eq!(shop.store.find_append(new.id).await.unwrap(), None);
    assert_eq!((shop.notes().await, shop.head().await), (0, 0));
    shop.store.append(new).await.unwrap();
}

#[tokio::test]
async fn a_conflict_leaves_the_transaction_usable() {
    let shop = Shop::open().await;
    let late = append(ExpectedVersion::Exists, 1);
    let refused = shop.note_and_append(late).await;
    assert!(matches!(refused, Err(AppendError::Conflict { .. })));
    let conditional = append(ExpectedVersion::Any, 1);
    shop.store.append(conditional.clone()).await.unwrap();
    let late = append(ExpectedVersion::Any, 1).unless(Query::all(), Position::START);
    let refused = shop.note_and_append(late).await;
    assert!(matches!(refused, Err(AppendError::ConditionFailed { .. })));
    assert_eq!((shop.notes().await, shop.head().await), (2, 1));
}

#[tokio::test]
async fn a_repeat_is_acknowledged_and_the_same_ids_with_other_content_are_not() {
    let shop = Shop::open().await;
    let first = append(ExpectedVersion::Any, 2);
    let appended = shop.store.append(first.clone()).await.unwrap();
    let repeated = shop.note_and_append(first.clone()).await.unwrap();
    assert_eq!(repeated, appended);

    let mut other = first;
    let reused = other.writes[0].events[0].id;
    other.writes[0].events[0].data = "2".into();
    let refused = shop.note_and_append(other).await.unwrap_err();
    assert!(matches!(
        refused,
        AppendError::Invalid(InvalidAppend::EventIdReused { event }) if event == reused
    ));
    assert_eq!((shop.notes().await, shop.head().await), (2, 2));
}

#[tokio::test]
async fn several_appends_of_one_transaction_follow_each_other_and_are_recognised() {
    let shop = Shop::open().await;
    let mut client = shop.client().await;
    let tx = client.transaction().await.unwrap();
    let first = append(ExpectedVersion::Any, 2);
    let appended = shop.store.append_in(&tx, first.clone()).await.unwrap();
    let second = append(ExpectedVersion::Exists, 1);
    let next = shop.store.append_in(&tx, second).await.unwrap();
    assert_eq!(next.first, Position(3));
    let repeated = shop.store.append_in(&tx, first).await.unwrap();
    assert_eq!(repeated, appended);
    tx.commit().await.unwrap();
    assert_eq!(shop.head().await, 3);
}

#[tokio::test]
async fn subscribers_of_this_and_of_another_process_get_it() {
    let shop = Shop::open().await;
    let other = PostgresStore::open(&shop.postgres).await.unwrap();
    let mut subscriptions = Vec::new();
    for store in [&shop.store, &other] {
        let mut subscription = store.subscribe(Source::all()).await.unwrap();
        let caught_up = subscription.next().await.unwrap();
        assert_eq!(caught_up, Delivery::CaughtUp(Position::START));
        subscriptions.push(subscription);
    }
    for position in 1..=50 {
        let new = append(ExpectedVersion::Any, 1);
        shop.note_and_append(new).await.unwrap();
        for subscription in &mut subscriptions {
            assert_eq!(next_event(subscription).await, Position(position));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_stay_dense_beside_concurrent_appends_of_both_kinds() {
    const WRITERS: usize = 8;
    const APPENDS: usize = 40;
    let shop = Arc::new(Shop::open().await);
    let writers = (0..WRITERS).map(|writer| {
        let shop = Arc::clone(&shop);
        tokio::spawn(async move {
            for number in 0..APPENDS {
                let new = append(ExpectedVersion::Any, 1 + number % 3);
                match (writer + number) % 3 {
                    0 => drop(shop.note_and_append(new).await.unwrap()),
                    1 => drop(shop.store.append(new).await.unwrap()),
                    _ => roll_back(&shop, new).await,
                }
            }
        })
    });
    for done in join_all(writers).await {
        done.unwrap();
    }
    let log = shop
        .store
        .read(Read::forwards(Source::all()))
        .await
        .unwrap();
    let log = log.collect().await.unwrap();
    let positions: Vec<u64> = log.iter().map(|event| event.position.0).collect();
    let versions: Vec<u64> = log.iter().map(|event| event.version.0).collect();
    let dense: Vec<u64> = (1..=shop.head().await).collect();
    assert_eq!((&positions, &versions), (&dense, &dense));
}

async fn roll_back(shop: &Shop, append: Append) {
    let mut client = shop.client().await;
    let tx = client.transaction().await.unwrap();
    shop.store.append_in(&tx, append).await.unwrap();
}

#[tokio::test]
async fn another_isolation_and_the_transaction_of_another_store_are_refused() {
    let shop = Shop::open().await;
    let mut client = shop.client().await;
    let tx = client.transaction().await.unwrap();
    tx.batch("set transaction isolation level repeatable read")
        .await
        .unwrap();
    let refused = shop
        .store
        .append_in(&tx, append(ExpectedVersion::Any, 1))
        .await;
    assert!(
        matches!(refused, Err(AppendError::Unavailable { reason }) if reason.contains("read committed"))
    );
    drop(tx);

    let restored = shop.sql(
        "alter table {schema}.store disable trigger the_store_stays;
                             update {schema}.store set id = gen_random_uuid()",
    );
    let tx = client.transaction().await.unwrap();
    tx.batch(&restored).await.unwrap();
    let refused = shop
        .store
        .append_in(&tx, append(ExpectedVersion::Any, 1))
        .await;
    assert!(
        matches!(refused, Err(AppendError::Unavailable { reason }) if reason.contains("store"))
    );
}
