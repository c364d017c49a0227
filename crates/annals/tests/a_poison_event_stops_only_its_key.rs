//! One poisonous event among a hundred thousand: it and what waits for it are parked, all else goes
//! on, and once the code is mended nothing shows of it any more.

use std::sync::Arc;
use std::time::Duration;

use annals::embedded::EmbeddedStore;
use annals::runtime::ProjectionStatus;
use annals::sqlite::Database;
use annals::{
    Annals, Append, AppendId, Event, EventId, EventStore, ExpectedVersion, Metadata, ParkCause,
    Position, Projection, ReadModel, ReadModels, Recorded, Selection, StreamId, StreamVersion,
};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};

const ACCOUNTS: u64 = 1_000;
/// Each account has so many appends of so many events, in turn with all others.
const ROUNDS: u64 = 10;
const EVENTS: u64 = 10;
/// The account with the poison, and which of its events that is.
const POISONED: u64 = 417;
const POISON: StreamVersion = StreamVersion(43);

const LONG: Duration = Duration::from_secs(120);

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
enum AccountEvent {
    Deposited { cents: i64 },
}

/// A fold in which the order counts, by code that can or cannot take the poison.
macro_rules! balance {
    ($row:ident, mended: $mended:literal) => {
        #[derive(ReadModel, Debug, Clone, PartialEq)]
        #[read_model(table = "balances")]
        struct $row {
            #[key]
            account: String,
            cents: i64,
            version: u64,
        }

        impl Projection for $row {
            type Event = AccountEvent;

            fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
                vec![event.record.stream.id().to_owned()]
            }

            fn fold(
                row: Option<Self>,
                account: &String,
                event: &Recorded<AccountEvent>,
            ) -> Option<Self> {
                let AccountEvent::Deposited { cents } = event.event;
                assert!($mended || cents >= 0, "a deposit of {cents}");
                let before = row.map_or(0, |row| row.cents);
                Some(Self {
                    account: account.clone(),
                    cents: (before * 3 + cents) % 1_000_003,
                    version: event.record.version.0,
                })
            }
        }
    };
}

balance!(Balance, mended: false);
balance!(MendedBalance, mended: true);

/// A store and read models that outlive the service on them.
struct Place {
    store: Arc<dyn EventStore>,
    read_models: Arc<dyn ReadModels>,
}

impl Place {
    async fn new() -> Self {
        Self::beside(Arc::new(
            EmbeddedStore::in_memory().expect("memory suffices"),
        ))
        .await
    }

    /// Other read models of the same store.
    async fn beside(store: Arc<dyn EventStore>) -> Self {
        let read_models = Arc::new(Database::in_memory().await.expect("memory suffices"));
        Self { store, read_models }
    }

    async fn run<P: Projection>(&self) -> Annals {
        let service = Annals::on(Arc::clone(&self.store), Arc::clone(&self.read_models));
        let service = service.code_version("1.0").projection::<P>();
        service.start().await.expect("it starts")
    }

    async fn record(&self, account: u64, events: u64) {
        let stream = StreamId::new("Account", &account.to_string()).expect("a valid name");
        let cents = |event| match (account, event) {
            (POISONED, 42) => -1,
            _ => i64::try_from(account * 7 + event).expect("it is small"),
        };
        let done = self.store.append(Append::to(
            stream.clone(),
            ExpectedVersion::Any,
            (events..events + EVENTS)
                .map(|event| {
                    let deposited = AccountEvent::Deposited {
                        cents: cents(event),
                    };
                    let append = AppendId::of_key(stream.as_str(), &event.to_string());
                    let id = EventId::of_append(append, 0);
                    deposited
                        .to_new(id, Metadata::default())
                        .expect("it has a JSON form")
                })
                .collect(),
        ));
        done.await.expect("it is recorded");
    }

    async fn record_all(&self) -> Position {
        for round in 0..ROUNDS {
            let accounts = stream::iter(0..ACCOUNTS);
            let done = accounts.map(|account| self.record(account, round * EVENTS));
            done.buffer_unordered(64).collect::<()>().await;
        }
        self.store.head().await.expect("it answers")
    }
}

async fn rows<R: ReadModel>(service: &Annals) -> Vec<R> {
    let mut rows: Vec<R> = Vec::new();
    loop {
        let mut selection = Selection::new().limit(1_000);
        if let Some(last) = rows.last() {
            selection = selection.after(&last.key());
        }
        let page = service
            .table::<R>()
            .list(selection)
            .await
            .expect("they are read");
        if page.is_empty() {
            return rows;
        }
        rows.extend(page);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_other_keys_go_on_and_a_release_ends_where_a_rebuild_does() {
    let place = Place::new().await;
    let last = place.record_all().await;
    assert_eq!(last, Position(ACCOUNTS * ROUNDS * EVENTS));

    let service = place.run::<Balance>().await;
    let projection = service.projection("balances");
    projection.wait_for(last, LONG).await.unwrap();
    assert!(
        projection.status().is_up_to_date(),
        "{}",
        projection.status()
    );
    let parked = service
        .parked_events("balances")
        .list(Position::START, 1_000)
        .await;
    let parked = parked.unwrap();
    let expected = ROUNDS * EVENTS - POISON.0 + 1;
    assert_eq!(parked.len() as u64, expected);
    let ParkCause::Failed(failure) = &parked[0].cause else {
        panic!("{:?}", parked[0])
    };
    assert!(failure.error.contains("a deposit of -1"), "{failure:?}");
    assert_eq!(failure.tried.attempts, 5);
    assert_eq!(failure.tried.code_version, "1.0");
    let waits = ParkCause::Waits(parked[0].position);
    assert!(parked[1..].iter().all(|letter| letter.cause == waits));
    let in_order = parked.is_sorted_by_key(|letter| letter.position);
    assert!(
        in_order
            && parked
                .iter()
                .all(|letter| letter.stream.id() == POISONED.to_string())
    );
    let before = rows::<Balance>(&service).await;
    service.stop().await;

    let rebuilt = Place::beside(Arc::clone(&place.store)).await;
    let rebuilt = rebuilt.run::<MendedBalance>().await;
    rebuilt
        .projection("balances")
        .wait_for(last, LONG)
        .await
        .unwrap();
    let expected = rows::<MendedBalance>(&rebuilt).await;
    assert_eq!(before.len(), expected.len());
    for (before, expected) in before.iter().zip(&expected) {
        match before.account == POISONED.to_string() {
            true => assert_eq!(before.version, POISON.0 - 1),
            false => assert_eq!(
                (before.cents, before.version),
                (expected.cents, expected.version)
            ),
        }
    }

    let mended = place.run::<MendedBalance>().await;
    let released = mended.parked_events("balances").retry_all().await.unwrap();
    assert_eq!(released.applied.len(), parked.len());
    assert_eq!(rows::<MendedBalance>(&mended).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_given_up_is_waited_for_no_more() {
    let place = Place::new().await;
    for round in 0..ROUNDS {
        place.record(POISONED, round * EVENTS).await;
    }
    let last = place.store.head().await.unwrap();
    let service = place.run::<Balance>().await;
    let projection = service.projection("balances");
    projection.wait_for(last, LONG).await.unwrap();
    let parked = service.parked_events("balances");

    let poison = Position(POISON.0);
    assert_eq!(parked.event(poison).await.unwrap().version, POISON);
    assert_eq!(parked.retry(poison).await.unwrap().parked, [poison]);
    parked
        .skip(poison, "a mistake of the teller")
        .await
        .unwrap();
    let released = parked.retry_all().await.unwrap();
    assert_eq!(released.parked, []);
    assert_eq!(parked.count().await.unwrap(), 0);
    let letters = parked.list(Position::START, 10).await.unwrap();
    let skipped = letters[0].skipped.as_ref().unwrap();
    assert_eq!(skipped.reason, "a mistake of the teller");
    let row = service.table::<Balance>().get(&POISONED.to_string()).await;
    assert_eq!(row.unwrap().unwrap().version, ROUNDS * EVENTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_poisonous_events_stop_the_projection_loudly() {
    let place = Place::new().await;
    for round in 0..1_001 {
        place.record(POISONED, 42 + round * EVENTS).await;
    }
    let last = place.store.head().await.unwrap();
    let service = place.run::<Balance>().await;
    let stopped = service.projection("balances").wait_for(last, LONG).await;
    let cause = stopped.unwrap_err().cause;
    assert!(matches!(cause, ProjectionStatus::Failed { .. }), "{cause}");
    assert!(
        cause.to_string().contains("more than 10000 events"),
        "{cause}"
    );
}
