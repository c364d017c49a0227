//! A read model is made as it was, as of a position or a time, and queried like the one of today, which
//! goes on as ever.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use annals::embedded::{EmbeddedOptions, EmbeddedStore, MemoryDisk};
use annals::postgres::{Postgres, PostgresReadModels};
use annals::runtime::{AsOf, PastError, PastOptions, Pasts, PastsOptions};
use annals::sqlite::Database;
use annals::{
    Annals, Append, Event, EventId, EventStore, ExpectedVersion, IdSource, Metadata, Position,
    Projection, RandomIds, Read, ReadModel, ReadModels, Recorded, Selection, Source, StreamId,
    Table, TableFold, Timestamp,
};
use annals_testing::ManualClock;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(60);

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
enum AccountEvent {
    Deposited {
        cents: i64,
    },
    /// To another account, which may be emptied by it.
    Transferred {
        to: String,
        cents: i64,
    },
    /// What no balance is made of.
    Mistyped,
}

/// What an account holds. An account with nothing has no row.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances", index(cents))]
struct Balance {
    #[key]
    account: String,
    cents: i64,
}

impl Projection for Balance {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        let from = event.record.stream.id().to_owned();
        match &event.event {
            AccountEvent::Transferred { to, .. } => vec![from, to.clone()],
            _ => vec![from],
        }
    }

    fn fold(row: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let change = match &event.event {
            AccountEvent::Deposited { cents } => *cents,
            AccountEvent::Transferred { to, cents } if to == account => *cents,
            AccountEvent::Transferred { cents, .. } => -cents,
            AccountEvent::Mistyped => panic!("mistyped"),
        };
        let cents = row.map_or(0, |row| row.cents) + change;
        let account = account.clone();
        (cents != 0).then_some(Self { account, cents })
    }
}

/// A store whose clock is turned by hand, and read models.
struct Place {
    /// Where a file of read models is.
    _directory: Option<TempDir>,
    store: Arc<dyn EventStore>,
    clock: ManualClock,
    read_models: Arc<dyn ReadModels>,
}

impl Place {
    async fn in_a_file() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let read_models = Database::open(directory.path().join("read-models.db")).await;
        Self::with(Some(directory), Arc::new(read_models.unwrap()))
    }

    async fn on_postgres() -> Self {
        let server = annals_servers::postgres_url();
        let mark = if server.contains('?') { '&' } else { '?' };
        let schema = format!("t_{}", RandomIds.next().simple());
        let postgres = Postgres::connect(&format!("{server}{mark}schema={schema}")).await;
        let read_models = PostgresReadModels::open(&postgres.unwrap());
        Self::with(None, Arc::new(read_models))
    }

    fn with(directory: Option<TempDir>, read_models: Arc<dyn ReadModels>) -> Self {
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        let options = EmbeddedOptions {
            clock: Arc::new(clock.clone()),
            ..EmbeddedOptions::in_memory()
        };
        let store = EmbeddedStore::open_on(MemoryDisk::new(), options).unwrap();
        Self {
            _directory: directory,
            store: Arc::new(store),
            clock,
            read_models,
        }
    }

    async fn record(&self, account: &str, event: AccountEvent) -> Position {
        let stream = StreamId::new("Account", account).unwrap();
        let event = event.to_new(EventId(RandomIds.next()), Metadata::default());
        let append = Append::to(stream, ExpectedVersion::Any, vec![event.unwrap()]);
        self.store.append(append).await.unwrap().last
    }

    async fn deposit(&self, account: &str, cents: i64) -> Position {
        self.record(account, AccountEvent::Deposited { cents })
            .await
    }

    /// A service that is up to date.
    async fn run(&self) -> Annals {
        let service = Annals::on(Arc::clone(&self.store), Arc::clone(&self.read_models));
        let service = service.projection::<Balance>().start().await.unwrap();
        let head = self.store.head().await.unwrap();
        let balances = service.projection("balances");
        balances.wait_for(head, LONG).await.unwrap();
        service
    }

    fn pasts(&self, options: PastsOptions) -> Pasts {
        let folds = [TableFold::of_rows::<Balance>()];
        Pasts::new(&self.store, &self.read_models, folds, options)
    }
}

async fn rows(table: &Table<Balance>) -> Vec<(String, i64)> {
    let rows = table.list(Selection::new()).await.unwrap();
    let row = |row: Balance| (row.account, row.cents);
    rows.into_iter().map(row).collect()
}

fn balance(account: &str, cents: i64) -> (String, i64) {
    (account.to_owned(), cents)
}

/// Makes tests of scenarios: each with read models in a file, and in PostgreSQL.
macro_rules! in_each_database {
    ($($scenario:ident),+ $(,)?) => {
        mod in_a_file {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $scenario() {
                    super::$scenario(super::Place::in_a_file().await).await;
                }
            )+
        }

        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $scenario() {
                    super::$scenario(super::Place::on_postgres().await).await;
                }
            )+
        }
    };
}

in_each_database!(
    as_of_every_position_it_is_that_of_a_store_that_ends_there,
    as_of_a_time_it_has_what_was_recorded_by_then,
    the_one_of_today_is_left_as_it_is,
    what_cannot_be_applied_is_parked_in_it_and_told,
    what_is_not_recorded_yet_is_refused,
    there_are_a_few_at_once_and_a_dropped_one_makes_room,
);

/// Deposits and transfers between a few accounts, which come and go.
async fn record_history(place: &Place, events: u64) {
    for number in 0..events {
        // Without a pattern that a cut could follow.
        let drawn = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
        let (account, other) = ((drawn % 5).to_string(), (drawn / 5 % 5).to_string());
        let cents = i64::try_from(drawn / 25 % 3).unwrap() + 1;
        let event = match drawn / 75 % 2 {
            0 => AccountEvent::Deposited { cents },
            _ if account == other => AccountEvent::Deposited { cents: -cents },
            _ => AccountEvent::Transferred { to: other, cents },
        };
        place.record(&account, event).await;
    }
}

/// The rows of a read model that is made of the first events of a store alone.
async fn rows_of_the_first(place: &Place, events: u64) -> Vec<(String, i64)> {
    let beginning = Place::with(None, Arc::new(Database::in_memory().await.unwrap()));
    let read = Read::forwards(Source::all()).limit(events);
    let mut read = place.store.read(read).await.unwrap();
    while let Some(record) = read.try_next().await.unwrap() {
        for Recorded { event, record, .. } in annals::decode::<AccountEvent>(record).unwrap() {
            beginning.record(record.stream.id(), event).await;
        }
    }
    let service = beginning.run().await;
    let rows = rows(&service.table()).await;
    service.stop().await;
    rows
}

async fn as_of_every_position_it_is_that_of_a_store_that_ends_there(place: Place) {
    const EVENTS: u64 = 18;
    record_history(&place, EVENTS).await;
    let pasts = place.pasts(PastsOptions::default());
    let in_small_batches = PastOptions {
        max_batch: 7.try_into().unwrap(),
        ..PastOptions::default()
    };
    for position in 0..=EVENTS {
        let as_of = AsOf::Position(Position(position));
        let past = pasts.begin("balances", as_of, in_small_batches.clone());
        let past = past.unwrap().complete().await.unwrap();
        let expected = rows_of_the_first(&place, position).await;
        assert_eq!(rows(&past.table()).await, expected, "as of {position}");
        assert_eq!((past.position().0, past.parked()), (position, 0));
    }
}

async fn as_of_a_time_it_has_what_was_recorded_by_then(place: Place) {
    let at = |second| Timestamp::from_second(second).unwrap();
    place.clock.set(at(10));
    place.deposit("a", 5).await;
    place.deposit("b", 3).await;
    place.clock.set(at(20));
    place.deposit("a", 1).await;
    let service = place.run().await;
    for (second, expected) in [
        (9, vec![]),
        (10, vec![balance("a", 5), balance("b", 3)]),
        (19, vec![balance("a", 5), balance("b", 3)]),
        (20, vec![balance("a", 6), balance("b", 3)]),
        (99, vec![balance("a", 6), balance("b", 3)]),
    ] {
        let as_of = AsOf::Time(at(second));
        let past = service.read_model_as_of("balances", as_of).await.unwrap();
        assert_eq!(rows(&past.table()).await, expected, "at {second}");
    }
    service.stop().await;
}

async fn the_one_of_today_is_left_as_it_is(place: Place) {
    place.deposit("a", 5).await;
    place.deposit("a", 1).await;
    let service = place.run().await;
    let as_of = AsOf::Position(Position(1));
    let past = service.read_model_as_of("balances", as_of).await.unwrap();
    let today = service.projection("balances");
    assert_eq!(today.position(), Position(2));
    assert_eq!(rows(&service.table()).await, [balance("a", 6)]);
    let last = place.deposit("b", 3).await;
    today.wait_for(last, LONG).await.unwrap();
    assert_eq!(
        rows(&service.table()).await,
        [balance("a", 6), balance("b", 3)]
    );
    assert_eq!(rows(&past.table()).await, [balance("a", 5)]);
    assert!(service.audit("balances").await.unwrap().is_complete());
    service.stop().await;
}

async fn what_cannot_be_applied_is_parked_in_it_and_told(place: Place) {
    place.deposit("a", 5).await;
    place.record("a", AccountEvent::Mistyped).await;
    place.deposit("a", 1).await;
    place.deposit("b", 3).await;
    place.record("b", AccountEvent::Mistyped).await;
    place.deposit("c", 2).await;
    let pasts = place.pasts(PastsOptions::default());
    for (position, parked, expected) in [
        (1, 0, vec![balance("a", 5)]),
        (3, 2, vec![balance("a", 5)]),
        (4, 2, vec![balance("a", 5), balance("b", 3)]),
        (
            6,
            3,
            vec![balance("a", 5), balance("b", 3), balance("c", 2)],
        ),
    ] {
        let as_of = AsOf::Position(Position(position));
        let past = pasts.begin("balances", as_of, PastOptions::default());
        let past = past.unwrap().complete().await.unwrap();
        assert_eq!(past.parked(), parked, "as of {position}");
        assert_eq!(rows(&past.table()).await, expected, "as of {position}");
    }
}

async fn what_is_not_recorded_yet_is_refused(place: Place) {
    place.deposit("a", 5).await;
    let service = place.run().await;
    let as_of = |position| AsOf::Position(Position(position));
    let future = service.read_model_as_of("balances", as_of(2)).await;
    assert!(
        matches!(
            future,
            Err(PastError::NotRecorded {
                head: Position(1),
                ..
            })
        ),
        "{future:?}"
    );
    let unknown = service.read_model_as_of("balance", as_of(1)).await;
    assert!(matches!(unknown, Err(PastError::Unknown(_))), "{unknown:?}");
    service.stop().await;
}

async fn there_are_a_few_at_once_and_a_dropped_one_makes_room(place: Place) {
    place.deposit("a", 5).await;
    let pasts = place.pasts(PastsOptions {
        most: 2.try_into().unwrap(),
        ..PastsOptions::default()
    });
    let begin = || {
        let as_of = AsOf::Position(Position(1));
        pasts.begin("balances", as_of, PastOptions::default())
    };
    let first = begin().unwrap().complete().await.unwrap();
    let second = begin().unwrap().complete().await.unwrap();
    let third = begin();
    assert!(
        matches!(third, Err(PastError::TooMany { most: 2 })),
        "{third:?}"
    );
    drop(first);
    let third = begin().unwrap().complete().await.unwrap();
    assert_eq!(rows(&third.table()).await, rows(&second.table()).await);
}

#[tokio::test]
async fn one_that_is_kept_is_dropped_once_nobody_has_used_it_for_a_while() {
    let place = Place::in_a_file().await;
    place.deposit("a", 5).await;
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let minute = Duration::from_secs(60);
    let pasts = place.pasts(PastsOptions {
        unused_for: 15 * minute,
        clock: Arc::new(clock.clone()),
        ..PastsOptions::default()
    });
    let as_of = AsOf::Position(Position(1));
    let (id, handle) = pasts
        .keep("balances", as_of, PastOptions::default())
        .unwrap();
    handle.complete().await.unwrap();
    clock.advance(14 * minute);
    assert!(pasts.find("balances", id).is_some());
    clock.advance(14 * minute);
    assert!(pasts.find("balances", id).is_some());
    assert!(pasts.find("another", id).is_none());
    clock.advance(15 * minute);
    assert!(pasts.find("balances", id).is_none());
    assert!(pasts.list("balances").is_empty());
}

#[tokio::test]
async fn one_that_is_given_up_midway_makes_room() {
    let place = Place::in_a_file().await;
    // More seconds of work than anybody waits here.
    for _ in 0..2 * LONG.as_secs() {
        place.deposit("a", 5).await;
    }
    let pasts = place.pasts(PastsOptions {
        most: 1.try_into().unwrap(),
        ..PastsOptions::default()
    });
    let begin = || {
        let an_event_each_second = PastOptions {
            throttle: Some(1.try_into().unwrap()),
            ..PastOptions::default()
        };
        let as_of = AsOf::Position(Position(2 * LONG.as_secs()));
        pasts.begin("balances", as_of, an_event_each_second)
    };
    let handle = begin().unwrap();
    let midway = async {
        while handle.progress().events == 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(begin(), Err(PastError::TooMany { .. })));
        drop(handle);
        while begin().is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, midway).await.unwrap();
}

#[tokio::test]
async fn one_that_is_still_being_made_is_in_use() {
    let place = Place::in_a_file().await;
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let pasts = place.pasts(PastsOptions {
        clock: Arc::new(clock.clone()),
        ..PastsOptions::default()
    });
    let as_of = AsOf::Position(Position(0));
    // On a runtime of one thread it is not begun before this waits for something.
    let (id, handle) = pasts
        .keep("balances", as_of, PastOptions::default())
        .unwrap();
    clock.advance(Duration::from_secs(3_600));
    assert!(!handle.progress().phase.is_over());
    assert!(pasts.find("balances", id).is_some());
}

#[tokio::test]
async fn of_those_that_failed_only_the_last_few_are_kept() {
    let place = Place::in_a_file().await;
    place.deposit("a", 5).await;
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let pasts = place.pasts(PastsOptions {
        most: 2.try_into().unwrap(),
        clock: Arc::new(clock.clone()),
        ..PastsOptions::default()
    });
    let keep = |position| {
        let as_of = AsOf::Position(Position(position));
        pasts.keep("balances", as_of, PastOptions::default())
    };
    let (complete, handle) = keep(1).unwrap();
    handle.complete().await.unwrap();
    let mut failed = Vec::new();
    for _ in 0..20 {
        clock.advance(Duration::from_secs(1));
        let (id, handle) = keep(2).unwrap();
        handle.complete().await.unwrap_err();
        failed.push(id);
    }
    let kept: BTreeSet<_> = pasts.list("balances").iter().map(|(id, _)| *id).collect();
    let expected = failed[17..].iter().chain([&complete]).copied().collect();
    assert_eq!(kept, expected);
}
