//! A store, read models and keys that outlive the services on them.

use std::sync::Arc;
use std::time::Duration;

use annals::embedded::EmbeddedStore;
use annals::keys::Keyring;
use annals::runtime::{CommandContext, ErasureReport};
use annals::sqlite::{Database, rusqlite};
use annals::{
    Annals, Append, AppendId, Builder, Delivery, Event, EventId, EventStore, ExpectedVersion,
    Metadata, Origin, Position, Source, StreamId, SubjectId, Table, seal_event,
};

use crate::copies::{ByHand, Cache, PersonRow, Sayings};
use crate::keys::KeptKeys;
use crate::people::{Person, PersonCommand};

/// Far beyond what any wait takes when nothing is wrong.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) struct Place {
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) read_models: Database,
    pub(crate) keys: KeptKeys,
    pub(crate) cache: Cache,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self {
            store: Arc::new(EmbeddedStore::in_memory().unwrap()),
            read_models: Database::in_memory().await.unwrap(),
            keys: KeptKeys::new(),
            cache: Cache::default(),
        }
    }

    /// A service that copies what events say in every way.
    pub(crate) async fn start(&self) -> Annals {
        let by_hand = self.read_models.sql_projector(ByHand).await.unwrap();
        let builder = self.service(self.keys.keyring()).projector(by_hand);
        let cache = self.cache.clone();
        let builder = builder.effect(cache.clone()).forgets(Arc::new(cache));
        builder.start().await.unwrap()
    }

    /// A service with the keyring of a process, and with read models of typed tables alone.
    pub(crate) fn service(&self, keyring: Arc<Keyring>) -> Builder {
        let store: Arc<dyn EventStore> = Arc::clone(&self.store) as _;
        Annals::on(store, Arc::new(self.read_models.clone()))
            .keyring(keyring)
            .aggregate::<Person>()
            .projection::<PersonRow>()
            .table_projection::<Sayings>()
            .without_drift_detection()
    }

    pub(crate) fn rows(&self) -> Table<PersonRow> {
        self.read_models.table()
    }

    pub(crate) async fn row(&self, id: &str) -> PersonRow {
        self.rows().get(&id.to_owned()).await.unwrap().unwrap()
    }

    /// What is in the table that is written by SQL.
    pub(crate) async fn by_hand(&self) -> Vec<String> {
        let all = |connection: &rusqlite::Connection| {
            let mut select = connection.prepare("select copied from by_hand order by position")?;
            let rows = select.query_map([], |row| row.get(0))?;
            rows.collect::<rusqlite::Result<Vec<String>>>()
        };
        self.read_models.read(all).await.unwrap()
    }

    /// Records an event as it is, or sealed by a keyring.
    pub(crate) async fn record<E: Event>(
        &self,
        id: &str,
        mut event: E,
        keyring: Option<&Keyring>,
    ) -> Position {
        let stream = StreamId::new("Person", id).unwrap();
        let version = self.store.stream_version(&stream).await.unwrap();
        let append = AppendId::of_key(stream.as_str(), &version.to_string());
        let event_id = EventId::of_append(append, 0);
        if let Some(keyring) = keyring {
            let origin = Origin {
                stream: &stream,
                event: event_id,
            };
            let keys = keyring.keys_for_writing(&[subject(id)]).await;
            let mut beside = Vec::new();
            seal_event(&mut event, &keys.unwrap(), &origin, &mut beside).unwrap();
            keyring.keep_beside(&beside).await.unwrap();
        }
        let event = event.to_new(event_id, Metadata::default()).unwrap();
        let append = Append::to(stream, ExpectedVersion::Any, vec![event]).with_id(append);
        self.store.append(append).await.unwrap().last
    }

    /// Waits until the log says that an erasure was finished.
    pub(crate) async fn wait_for_report(&self, subject: &SubjectId) {
        let stream = StreamId::new("PersonalData", subject.as_str()).unwrap();
        let mut events = self.store.subscribe(Source::stream(stream)).await.unwrap();
        let reported = async {
            loop {
                if let Delivery::Event(event) = events.next().await.unwrap()
                    && event.event_type.as_str() == "PersonalDataErasureReported"
                {
                    break;
                }
            }
        };
        tokio::time::timeout(LONG, reported).await.unwrap();
    }
}

pub(crate) fn subject(id: &str) -> SubjectId {
    SubjectId::new(id).unwrap()
}

pub(crate) async fn register(service: &Annals, id: &str, name: &str) -> Position {
    let (user_id, name) = (id.to_owned(), name.to_owned());
    send(service, id, PersonCommand::Register { user_id, name }).await
}

pub(crate) async fn move_to(service: &Annals, id: &str, city: &str) -> Position {
    let (user_id, city) = (id.to_owned(), city.to_owned());
    send(service, id, PersonCommand::Move { user_id, city }).await
}

async fn send(service: &Annals, id: &str, command: PersonCommand) -> Position {
    let context = CommandContext::default();
    let executed = service.execute::<Person>(id, command, context).await;
    executed.unwrap().position
}

/// Waits until everything that keeps up has taken in all events.
pub(crate) async fn settle(service: &Annals) {
    let head = service.store().head().await.unwrap();
    for projection in service.projections() {
        projection.wait_for(head, LONG).await.unwrap();
    }
    service.repository::<Person>().settle().await;
}

/// How many were reached at a place of a report.
#[track_caller]
pub(crate) fn reached(report: &ErasureReport, name: &str) -> Option<u64> {
    let found = report.reached.iter().find(|it| it.name == name);
    found
        .unwrap_or_else(|| panic!("{name} is not in {report:#?}"))
        .count
}
