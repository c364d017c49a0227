//! An event that a read model lacks, without any error, is named by an audit: asked for, and in the
//! log of the service.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod careless;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use annals::embedded::EmbeddedStore;
use annals::postgres::{Postgres, PostgresReadModels};
use annals::runtime::{AuditError, LatestAudit};
use annals::sqlite::Database;
use annals::{
    Annals, Append, Builder, Event, EventId, EventStore, ExpectedVersion, IdSource, Metadata,
    Position, Projection, ProjectionBatch, ProjectionError, Projector, Query, RandomIds, ReadModel,
    ReadModels, Recorded, StoreId, StreamId,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tracing_subscriber::fmt::MakeWriter;

use careless::CarelessStore;

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(20);

/// Doors that were opened so often at each start of a service.
const OPENINGS: u64 = 50;

#[derive(Event, Serialize, Deserialize, Debug)]
enum DoorEvent {
    Opened,
}

#[derive(ReadModel, Clone, Debug, PartialEq)]
#[read_model(table = "doors")]
struct Door {
    #[key]
    door: String,
    times: u64,
}

impl Projection for Door {
    type Event = DoorEvent;

    fn keys(event: &Recorded<DoorEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(row: Option<Self>, door: &String, _: &Recorded<DoorEvent>) -> Option<Self> {
        Some(Self {
            door: door.clone(),
            times: row.map_or(0, |row| row.times) + 1,
        })
    }
}

async fn open_doors(store: &dyn EventStore) -> Position {
    let stream = StreamId::new("Door", "front").unwrap();
    let opened = || DoorEvent::Opened.to_new(EventId(RandomIds.next()), Metadata::default());
    let events = (0..OPENINGS).map(|_| opened().unwrap()).collect();
    let append = Append::to(stream, ExpectedVersion::Any, events);
    store.append(append).await.unwrap().last
}

fn store() -> Arc<dyn EventStore> {
    Arc::new(EmbeddedStore::in_memory().unwrap())
}

/// One on which the event at position 17 gets lost.
fn careless_store() -> Arc<dyn EventStore> {
    Arc::new(CarelessStore {
        store: store(),
        leaves_out: Position(17),
    })
}

async fn sqlite() -> Arc<dyn ReadModels> {
    Arc::new(Database::in_memory().await.unwrap())
}

async fn postgres() -> Arc<dyn ReadModels> {
    let server = annals_servers::postgres_url();
    let mark = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{mark}schema=t_{}", RandomIds.next().simple());
    Arc::new(PostgresReadModels::open(
        &Postgres::connect(&url).await.unwrap(),
    ))
}

/// A service with doors that has taken in all there is.
async fn up_to_date(builder: Builder) -> Annals {
    let service = builder.projection::<Door>().start().await.unwrap();
    let head = service.store().head().await.unwrap();
    let doors = service.projection("doors");
    doors.wait_for(head, LONG).await.unwrap();
    service
}

async fn audit(service: &Annals) -> String {
    service.audit("doors").await.unwrap().to_string()
}

async fn names_what_was_skipped(read_models: Arc<dyn ReadModels>) {
    let store = careless_store();
    open_doors(&*store).await;
    let service = up_to_date(Annals::on(store, read_models)).await;
    let door = service.table::<Door>().get(&"front".to_owned()).await;
    assert_eq!(door.unwrap().unwrap().times, OPENINGS - 1);
    assert_eq!(audit(&service).await, "position 17 was not handled");
}

#[tokio::test]
async fn in_sqlite() {
    names_what_was_skipped(sqlite().await).await;
}

#[tokio::test]
async fn in_postgres() {
    names_what_was_skipped(postgres().await).await;
}

async fn is_complete_after_restarts(read_models: Arc<dyn ReadModels>) {
    let store = store();
    for times in 1..=3 {
        open_doors(&*store).await;
        let builder = Annals::on(Arc::clone(&store), Arc::clone(&read_models));
        let service = up_to_date(builder).await;
        let all = OPENINGS * times;
        let complete = format!("complete up to {all} ({all} events)");
        assert_eq!(audit(&service).await, complete);
        service.stop().await;
    }
}

#[tokio::test]
async fn a_restart_leaves_nothing_out_in_sqlite() {
    is_complete_after_restarts(sqlite().await).await;
}

#[tokio::test]
async fn a_restart_leaves_nothing_out_in_postgres() {
    is_complete_after_restarts(postgres().await).await;
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn has_findings(latest: &LatestAudit) -> bool {
    matches!(latest, Some(Ok(audit)) if !audit.is_complete())
}

#[tokio::test]
async fn a_running_service_logs_it_and_stays_ready() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone());
    // The test has one thread.
    let _logging = tracing::subscriber::set_default(subscriber.with_ansi(false).finish());
    let store = careless_store();
    open_doors(&*store).await;
    let service = up_to_date(Annals::on(store, sqlite().await)).await;
    let mut latest = service.background_audit("doors").unwrap().watch();
    let found = tokio::time::timeout(LONG, latest.wait_for(has_findings)).await;
    drop(found.expect("in time").unwrap());
    let log = log.text();
    let line = log.lines().find(|line| line.contains("ERROR")).unwrap();
    let expected =
        r#"projection is not complete projection="doors" audit=position 17 was not handled"#;
    assert!(line.ends_with(expected), "{line}");
    let status = service.projection("doors").status();
    assert!(status.is_up_to_date(), "{status}");
}

#[tokio::test]
async fn a_service_that_is_stopped_audits_no_more() {
    let store = store();
    let service = up_to_date(Annals::on(Arc::clone(&store), sqlite().await)).await;
    let mut latest = service.background_audit("doors").unwrap().watch();
    service.stop().await;
    latest.mark_unchanged();
    assert!(latest.has_changed().is_err(), "it is closed");
}

#[tokio::test]
async fn audits_in_the_background_can_be_left_out() {
    let store = careless_store();
    open_doors(&*store).await;
    let builder = Annals::on(store, sqlite().await).without_background_audits();
    let service = up_to_date(builder).await;
    assert!(service.background_audit("doors").is_none());
    assert_eq!(audit(&service).await, "position 17 was not handled");
}

/// Keeps nothing, and so no ledger.
struct Nothing;

#[async_trait]
impl Projector for Nothing {
    fn name(&self) -> &str {
        "nothing"
    }

    fn query(&self) -> Query {
        Query::all()
    }

    async fn resume(&self, _: StoreId) -> Result<Position, ProjectionError> {
        Ok(Position::START)
    }

    async fn position(&self, _: StoreId) -> Result<Position, ProjectionError> {
        Ok(Position::START)
    }

    async fn apply(&self, _: ProjectionBatch) -> Result<(), ProjectionError> {
        Ok(())
    }
}

#[tokio::test]
async fn of_what_keeps_no_ledger_nothing_is_proven() {
    let builder = Annals::on(store(), sqlite().await).projector(Arc::new(Nothing));
    let service = builder.start().await.unwrap();
    assert!(service.background_audit("nothing").is_none());
    let refusal = service.audit("nothing").await.unwrap_err();
    assert!(matches!(refusal, AuditError::NoLedger(_)), "{refusal}");
}
