//! A read model is made anew beside the one that is read, compared with it, and takes its place:
//! whoever queries it sees one or the other all the time, and never a mixture or a hole.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use annals::embedded::EmbeddedStore;
use annals::postgres::{Postgres, PostgresReadModels};
use annals::runtime::{
    CutOver, RebuildError, RebuildHandle, RebuildOptions, RebuildPhase, RebuildProgress,
};
use annals::sqlite::Database;
use annals::{
    Annals, Append, AppendId, Edition, Event, EventId, EventStore, ExpectedVersion, Metadata,
    Position, Projection, ReadModel, ReadModels, Recorded, Selection, StreamId,
};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::task::JoinHandle;

const ACCOUNTS: u64 = 200;
const LONG: Duration = Duration::from_secs(60);

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
enum AccountEvent {
    Deposited {
        cents: i64,
    },
    /// What no balance is made of; the fold of a later version could take it.
    Mistyped,
}

/// What an account holds; each deposit is of one cent, so that it is as much as there were events.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances", index(cents))]
struct Balance {
    #[key]
    account: String,
    cents: i64,
    version: u64,
}

impl Projection for Balance {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(row: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let AccountEvent::Deposited { cents } = event.event else {
            panic!("mistyped")
        };
        Some(Self {
            account: account.clone(),
            cents: row.map_or(0, |row| row.cents) + cents,
            version: event.record.version.0,
        })
    }
}

/// The same as it is declared, but the code forgets the deposits of one account.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances", index(cents))]
struct Faulty {
    #[key]
    account: String,
    cents: i64,
    version: u64,
}

impl Projection for Faulty {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        Balance::keys(event)
    }

    fn fold(row: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let before = row.map(|row| Balance {
            account: row.account,
            cents: row.cents,
            version: row.version,
        });
        let after = Balance::fold(before, account, event)?;
        let cents = if account == "17" { 0 } else { after.cents };
        let (account, version) = (after.account, after.version);
        Some(Self {
            account,
            cents,
            version,
        })
    }
}

/// A store and read models that outlive the service on them.
struct Place {
    /// Where a file of read models is.
    _directory: Option<TempDir>,
    store: Arc<dyn EventStore>,
    read_models: Arc<dyn ReadModels>,
}

impl Place {
    async fn new(rounds: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let read_models = Database::open(directory.path().join("read-models.db")).await;
        Self::with(Some(directory), Arc::new(read_models.unwrap()), rounds).await
    }

    /// With read models in PostgreSQL.
    async fn on_postgresql(rounds: u64) -> Self {
        let server = annals_servers::postgres_url();
        let mark = if server.contains('?') { '&' } else { '?' };
        let schema = format!("t_{}", uuid().simple());
        let postgres = Postgres::connect(&format!("{server}{mark}schema={schema}")).await;
        let read_models = PostgresReadModels::open(&postgres.unwrap());
        Self::with(None, Arc::new(read_models), rounds).await
    }

    async fn with(
        directory: Option<TempDir>,
        read_models: Arc<dyn ReadModels>,
        rounds: u64,
    ) -> Self {
        let place = Self {
            _directory: directory,
            store: Arc::new(EmbeddedStore::in_memory().unwrap()),
            read_models,
        };
        for _ in 0..rounds {
            record_round(&*place.store).await;
        }
        place
    }

    async fn run<P: Projection>(&self) -> Annals {
        let service = Annals::on(Arc::clone(&self.store), Arc::clone(&self.read_models));
        let service = service.projection::<P>().start().await.unwrap();
        let head = self.store.head().await.unwrap();
        service
            .projection("balances")
            .wait_for(head, LONG)
            .await
            .unwrap();
        service
    }
}

/// A deposit to each account.
async fn record_round(store: &dyn EventStore) -> Position {
    let mut last = Position::START;
    for account in 0..ACCOUNTS {
        last = record(store, account).await;
    }
    last
}

async fn record(store: &dyn EventStore, account: u64) -> Position {
    let stream = StreamId::new("Account", &account.to_string()).unwrap();
    let append = AppendId(uuid());
    let event = AccountEvent::Deposited { cents: 1 };
    let event = event.to_new(EventId::of_append(append, 0), Metadata::default());
    let append = Append::to(stream, ExpectedVersion::Any, vec![event.unwrap()]).with_id(append);
    store.append(append).await.unwrap().last
}

fn uuid() -> uuid::Uuid {
    annals::IdSource::next(&annals::RandomIds)
}

fn in_small_batches(cut_over: CutOver) -> RebuildOptions {
    RebuildOptions {
        max_batch: 64.try_into().unwrap(),
        cut_over,
        ..RebuildOptions::default()
    }
}

/// Waits until what was rebuilt is read.
async fn done(rebuild: &RebuildHandle) -> RebuildProgress {
    let ended = rebuild.end().await;
    let cut_over = matches!(ended.phase, RebuildPhase::CutOver(_));
    assert!(cut_over, "{:?}", ended.phase);
    ended
}

/// Writes and queries all the time. Each answer must have every account, none of them older than in
/// the answer before, and each as it was after some event.
struct Traffic {
    stop: Arc<AtomicBool>,
    writer: JoinHandle<()>,
    reader: JoinHandle<u64>,
}

impl Traffic {
    fn on(service: &Arc<Annals>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let writer = tokio::spawn(write(Arc::clone(service), Arc::clone(&stop)));
        let reader = tokio::spawn(read(Arc::clone(service), Arc::clone(&stop)));
        Self {
            stop,
            writer,
            reader,
        }
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.writer.await.unwrap();
        assert!(self.reader.await.unwrap() > 0, "nothing was read");
    }
}

/// No more than the read model keeps up with.
async fn write(service: Arc<Annals>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let mut last = Position::START;
        for account in 0..20 {
            last = record(&**service.store(), account).await;
        }
        let projection = service.projection("balances");
        projection.wait_for(last, LONG).await.unwrap();
    }
}

async fn read(service: Arc<Annals>, stop: Arc<AtomicBool>) -> u64 {
    let mut before: Vec<Balance> = Vec::new();
    let mut answers = 0;
    while !stop.load(Ordering::Relaxed) {
        let selection = Selection::new().limit(1_000);
        let rows = service.table::<Balance>().list(selection).await.unwrap();
        assert_eq!(rows.len() as u64, ACCOUNTS);
        for row in &rows {
            assert_eq!(row.cents, i64::try_from(row.version).unwrap());
        }
        for (before, now) in before.iter().zip(&rows) {
            assert!(before.version <= now.version, "{before:?} after {now:?}");
        }
        before = rows;
        answers += 1;
        tokio::task::yield_now().await;
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_queries_sees_one_edition_or_the_other_all_the_time() {
    changes_over_and_back(Place::new(20).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_queries_postgresql_sees_one_edition_or_the_other_all_the_time() {
    changes_over_and_back(Place::on_postgresql(20).await).await;
}

async fn changes_over_and_back(place: Place) {
    let service = Arc::new(place.run::<Balance>().await);
    let traffic = Traffic::on(&service);
    let rebuilds = service.rebuilds("balances");
    for _ in 0..3 {
        let rebuild = rebuilds.begin(in_small_batches(CutOver::WhenSame));
        done(&rebuild).await;
        rebuilds.roll_back().await.unwrap();
    }
    traffic.end().await;
    let head = place.store.head().await.unwrap();
    service
        .projection("balances")
        .wait_for(head, LONG)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_in_the_new_fold_is_found_and_the_old_rows_stay() {
    let place = Place::new(5).await;
    place.run::<Balance>().await.stop().await;
    let service = place.run::<Faulty>().await;
    let rebuild = service
        .rebuilds("balances")
        .begin(in_small_batches(CutOver::WhenSame));
    let compared = rebuild
        .wait_for(|phase| matches!(phase, RebuildPhase::Compared(_)))
        .await;
    let RebuildPhase::Compared(Some(comparison)) = compared.phase else {
        panic!("{:?}", compared.phase)
    };
    let [balances] = &comparison.tables[..] else {
        panic!("{comparison}")
    };
    assert_eq!((balances.compared, balances.differing), (ACCOUNTS, 1));
    assert_eq!(
        balances.differences[0].key,
        [annals::Value::Text("17".to_owned())]
    );
    rebuild.cancel();
    let ended = rebuild.end().await;
    assert!(
        matches!(ended.phase, RebuildPhase::Cancelled),
        "{:?}",
        ended.phase
    );
    let row = service
        .table::<Balance>()
        .get(&"17".to_owned())
        .await
        .unwrap();
    assert_eq!(row.unwrap().cents, 5);
    let editions = service.rebuilds("balances").editions().await.unwrap();
    assert_eq!(editions.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_accepts_takes_the_place_all_the_same() {
    let place = Place::new(3).await;
    place.run::<Balance>().await.stop().await;
    let service = place.run::<Faulty>().await;
    let rebuild = service
        .rebuilds("balances")
        .begin(in_small_batches(CutOver::WhenSame));
    rebuild
        .wait_for(|phase| matches!(phase, RebuildPhase::Compared(_)))
        .await;
    rebuild.accept();
    done(&rebuild).await;
    let row = service
        .table::<Balance>()
        .get(&"17".to_owned())
        .await
        .unwrap();
    assert_eq!(row.unwrap().cents, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_off_anywhere_it_goes_on_where_it_was() {
    let place = Place::new(20).await;
    let service = Arc::new(place.run::<Balance>().await);
    let traffic = Traffic::on(&service);
    let mut reached = Position::START;
    for hundreds in 1..40 {
        let options = in_small_batches(CutOver::WhenTold);
        let fold = annals::TableFold::of_rows::<Balance>();
        let (store, read_models) = (Arc::clone(&place.store), Arc::clone(&place.read_models));
        let rebuild = annals::runtime::rebuild(store, read_models, fold, options);
        let least = Position(hundreds * 100);
        while rebuild.progress().position < least {
            tokio::task::yield_now().await;
        }
        let position = rebuild.progress().position;
        assert!(position >= reached, "{position} after {reached}");
        reached = position;
        drop(rebuild);
    }
    let rebuild = service
        .rebuilds("balances")
        .begin(in_small_batches(CutOver::WhenSame));
    done(&rebuild).await;
    traffic.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_edition_before_is_kept_up_to_date_until_it_is_dropped() {
    let place = Place::new(3).await;
    let service = place.run::<Balance>().await;
    let rebuilds = service.rebuilds("balances");
    let refused = rebuilds.roll_back().await.unwrap_err();
    assert!(
        matches!(refused, RebuildError::NothingToGoBackTo),
        "{refused}"
    );
    rebuilds
        .begin(in_small_batches(CutOver::WhenSame))
        .end()
        .await;
    let head = record_round(&*place.store).await;
    service
        .projection("balances")
        .wait_for(head, LONG)
        .await
        .unwrap();
    assert_eq!(rebuilds.roll_back().await.unwrap(), head);
    let row = service
        .table::<Balance>()
        .get(&"17".to_owned())
        .await
        .unwrap();
    assert_eq!(row.unwrap().cents, 4);
    service.stop().await;

    let service = place.run::<Balance>().await;
    let rebuilds = service.rebuilds("balances");
    let head = record_round(&*place.store).await;
    service
        .projection("balances")
        .wait_for(head, LONG)
        .await
        .unwrap();
    assert_eq!(rebuilds.roll_back().await.unwrap(), head);
    rebuilds.discard_previous().await.unwrap();
    let editions = rebuilds.editions().await.unwrap();
    assert_eq!(editions.len(), 1);
    assert_eq!(editions[0].edition, Edition::Current);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_stands_still_while_it_is_paused() {
    let place = Place::new(3).await;
    let service = place.run::<Balance>().await;
    let options = RebuildOptions {
        throttle: Some(1_000.try_into().unwrap()),
        ..in_small_batches(CutOver::WhenSame)
    };
    let rebuild = service.rebuilds("balances").begin(options);
    rebuild.pause();
    while !rebuild.progress().is_paused {
        tokio::task::yield_now().await;
    }
    let paused = rebuild.progress();
    assert!(!paused.phase.is_over());
    rebuild.resume();
    let ended = done(&rebuild).await;
    assert_eq!(ended.position, place.store.head().await.unwrap());
}

/// An event that concerns no balance.
async fn record_elsewhere(store: &dyn EventStore) {
    let stream = StreamId::new("Door", "front").unwrap();
    let name = annals::EventType::new("Opened").unwrap();
    let event = annals::NewEvent::json(EventId(uuid()), name, "{}");
    let append = Append::to(stream, ExpectedVersion::Any, vec![event]);
    store.append(append).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_concerns_it_not_holds_nothing_up() {
    let place = Place::new(2).await;
    let service = place.run::<Balance>().await;
    for _ in 0..3 {
        record_elsewhere(&*place.store).await;
    }
    let rebuilds = service.rebuilds("balances");
    done(&rebuilds.begin(in_small_batches(CutOver::WhenSame))).await;
    record_elsewhere(&*place.store).await;
    rebuilds.roll_back().await.unwrap();
    rebuilds.roll_back().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_while_it_is_paused_counts() {
    let place = Place::new(2).await;
    let service = place.run::<Balance>().await;
    let rebuild = service
        .rebuilds("balances")
        .begin(in_small_batches(CutOver::WhenTold));
    rebuild
        .wait_for(|phase| matches!(phase, RebuildPhase::Compared(_)))
        .await;
    rebuild.pause();
    rebuild.accept();
    rebuild.resume();
    done(&rebuild).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_stops_ends_its_rebuilds() {
    let place = Place::new(2).await;
    let service = place.run::<Balance>().await;
    let rebuild = service
        .rebuilds("balances")
        .begin(in_small_batches(CutOver::WhenTold));
    rebuild
        .wait_for(|phase| matches!(phase, RebuildPhase::Compared(_)))
        .await;
    service.stop().await;
    let ended = rebuild.progress().phase;
    let broken_off = matches!(ended, RebuildPhase::Failed(RebuildError::BrokenOff));
    assert!(broken_off, "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_parked_or_given_up_stays_so() {
    let place = Place::new(2).await;
    for account in ["17", "18"] {
        let stream = StreamId::new("Account", account).unwrap();
        let event = AccountEvent::Mistyped.to_new(EventId(uuid()), Metadata::default());
        let append = Append::to(stream, ExpectedVersion::Any, vec![event.unwrap()]);
        place.store.append(append).await.unwrap();
    }
    let head = record_round(&*place.store).await;
    let service = place.run::<Balance>().await;
    let parked = service.parked_events("balances");
    let given_up = Position(2 * ACCOUNTS + 1);
    parked.skip(given_up, "a typing mistake").await.unwrap();
    parked.retry_all().await.unwrap();
    let before = parked.list(Position::START, 10).await.unwrap();
    assert_eq!(
        before.len(),
        3,
        "one given up, one parked, one behind it: {before:?}"
    );

    let rebuilds = service.rebuilds("balances");
    done(&rebuilds.begin(in_small_batches(CutOver::WhenSame))).await;
    service
        .projection("balances")
        .wait_for(head, LONG)
        .await
        .unwrap();
    let after = parked.list(Position::START, 10).await.unwrap();
    let told = |letters: &[annals::DeadLetter]| -> Vec<_> {
        letters
            .iter()
            .map(|it| (it.position, it.skipped.clone()))
            .collect()
    };
    assert_eq!(told(&after), told(&before));
}
