//! Processes on one store: of a shared read model one keeps it up to date, of its own each does.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::sync::Arc;
use std::time::Duration;

use annals::embedded::EmbeddedStore;
use annals::runtime::ProjectionStatus;
use annals::sqlite::Database;
use annals::{
    Annals, Append, Builder, Event, EventId, EventStore, ExpectedVersion, IdSource, Leases,
    Metadata, Position, Projection, Projector, RandomIds, ReadModel, ReadModels, Recorded,
    StreamId, TableFold, Timestamp,
};
use annals_testing::{ManualClock, MemoryLeases};
use serde::{Deserialize, Serialize};

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(20);

#[derive(Event, Serialize, Deserialize, Debug)]
enum DoorEvent {
    Opened,
}

#[derive(ReadModel, Clone, Debug, PartialEq)]
#[read_model(table = "doors")]
struct Door {
    #[key]
    door: String,
    times: i64,
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

/// What the processes share.
struct Shared {
    store: Arc<EmbeddedStore>,
    leases: Arc<dyn Leases>,
}

impl Shared {
    fn new() -> Self {
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        Self {
            store: Arc::new(EmbeddedStore::in_memory().unwrap()),
            leases: Arc::new(MemoryLeases::new(&clock)),
        }
    }

    async fn process(&self) -> Builder {
        let read_models = Database::in_memory().await.unwrap();
        let builder = Annals::on(Arc::clone(&self.store) as _, Arc::new(read_models));
        builder.leases(Arc::clone(&self.leases))
    }

    async fn record(&self) -> Position {
        let stream = StreamId::new("Door", "front").unwrap();
        let event = DoorEvent::Opened.to_new(EventId(RandomIds.next()), Metadata::default());
        let append = Append::to(stream, ExpectedVersion::Any, vec![event.unwrap()]);
        self.store.append(append).await.unwrap().last
    }
}

/// Keeps doors in a database of its own.
async fn projector() -> Arc<dyn Projector> {
    let database = Database::in_memory().await.unwrap();
    let doors = database.projector(TableFold::of_rows::<Door>());
    doors.await.unwrap()
}

#[tokio::test]
async fn each_process_keeps_what_it_has_for_itself_up_to_date() {
    let shared = Shared::new();
    let one = shared.process().await.local_projector(projector().await);
    let one = one.start().await.unwrap();
    let other = shared.process().await.local_projector(projector().await);
    let other = other.start().await.unwrap();

    let last = shared.record().await;

    for process in [&one, &other] {
        let doors = process.projection("doors");
        doors.wait_for(last, LONG).await.unwrap();
    }
}

#[tokio::test]
async fn of_what_they_share_one_process_does_the_work() {
    let shared = Shared::new();
    let projector = projector().await;
    let one = shared.process().await.projector(Arc::clone(&projector));
    let one = one.start().await.unwrap();
    let other = shared.process().await.projector(projector);
    let other = other.start().await.unwrap();

    let last = shared.record().await;

    let mut standbys = 0;
    // By reference: who is dropped hands its work over.
    for process in [&one, &other] {
        let doors = process.projection("doors");
        doors.wait_for(last, LONG).await.unwrap();
        standbys += usize::from(matches!(doors.status(), ProjectionStatus::Standby));
    }
    assert_eq!(standbys, 1);
}
