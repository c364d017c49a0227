//! An effect of a service: it begins now, goes on after a restart, and one process performs it.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use annals::embedded::EmbeddedStore;
use annals::runtime::{RebuildOptions, RebuildPhase};
use annals::sqlite::Database;
use annals::{
    Annals, Append, Effect, EffectError, EffectKey, EffectStart, Event, EventId, EventStore,
    ExpectedVersion, IdSource, Leases, Metadata, Position, Projection, RandomIds, ReadModel,
    ReadModels, Recorded, StreamId, Timestamp,
};
use annals_testing::{ManualClock, MemoryLeases};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(20);

#[derive(Event, Serialize, Deserialize, Debug)]
enum DoorEvent {
    Opened,
}

/// Rings for each door that is opened.
#[derive(Clone, Default)]
struct Bell {
    rung: Arc<Mutex<Vec<u64>>>,
}

impl Bell {
    fn rung(&self) -> Vec<u64> {
        self.rung.lock().unwrap().clone()
    }
}

#[async_trait]
impl Effect for Bell {
    type Event = DoorEvent;
    const NAME: &'static str = "bell";
    const START: EffectStart = EffectStart::Now;

    async fn perform(&self, event: &Recorded<DoorEvent>, _: EffectKey) -> Result<(), EffectError> {
        self.rung.lock().unwrap().push(event.record.position.0);
        Ok(())
    }
}

async fn open_a_door(store: &dyn EventStore) -> Position {
    let stream = StreamId::new("Door", "front").unwrap();
    let event = DoorEvent::Opened.to_new(EventId(RandomIds.next()), Metadata::default());
    let append = Append::to(stream, ExpectedVersion::Any, vec![event.unwrap()]);
    store.append(append).await.unwrap().last
}

async fn start(directory: &Path, bell: &Bell) -> Annals {
    let service = Annals::open(directory).effect(bell.clone());
    service.start().await.unwrap()
}

#[tokio::test]
async fn it_begins_now_and_goes_on_after_a_restart() {
    let (directory, bell) = (tempfile::tempdir().unwrap(), Bell::default());
    let without = Annals::open(directory.path()).start().await.unwrap();
    open_a_door(&**without.store()).await;
    without.stop().await;
    drop(without);
    for _ in 0..2 {
        let service = start(directory.path(), &bell).await;
        let last = open_a_door(&**service.store()).await;
        let bell = service.projection("bell");
        bell.wait_for(last, LONG).await.unwrap();
        service.stop().await;
    }
    assert_eq!(bell.rung(), [2, 3]);
}

#[tokio::test]
async fn of_the_processes_that_share_it_one_performs_it() {
    let store: Arc<dyn EventStore> = Arc::new(EmbeddedStore::in_memory().unwrap());
    let read_models: Arc<dyn ReadModels> = Arc::new(Database::in_memory().await.unwrap());
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let leases: Arc<dyn Leases> = Arc::new(MemoryLeases::new(&clock));
    let bell = Bell::default();
    let start = async || {
        let process = Annals::on(Arc::clone(&store), Arc::clone(&read_models));
        let process = process.leases(Arc::clone(&leases)).effect(bell.clone());
        process.start().await.unwrap()
    };
    let processes = [start().await, start().await];
    for _ in 0..3 {
        let last = open_a_door(&*store).await;
        for process in &processes {
            let bell = process.projection("bell");
            bell.wait_for(last, LONG).await.unwrap();
        }
    }
    assert_eq!(bell.rung(), [1, 2, 3]);
}

/// How often each door was opened.
#[derive(ReadModel, Clone, Debug)]
#[read_model(table = "openings")]
struct Openings {
    #[key]
    door: String,
    times: i64,
}

impl Projection for Openings {
    type Event = DoorEvent;

    fn keys(event: &Recorded<DoorEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(row: Option<Self>, door: &String, _: &Recorded<DoorEvent>) -> Option<Self> {
        let times = row.map_or(0, |row| row.times) + 1;
        let door = door.clone();
        Some(Self { door, times })
    }
}

#[tokio::test]
async fn a_read_model_that_is_made_anew_performs_it_for_nothing() {
    let bell = Bell::default();
    let service = Annals::in_memory().projection::<Openings>();
    let service = service.effect(bell.clone()).start().await.unwrap();
    let mut last = Position::START;
    for _ in 0..3 {
        last = open_a_door(&**service.store()).await;
    }
    for projection in service.projections() {
        projection.wait_for(last, LONG).await.unwrap();
    }
    let rebuild = service
        .rebuilds("openings")
        .begin(RebuildOptions::default());
    let ended = rebuild.end().await;
    assert!(matches!(ended.phase, RebuildPhase::CutOver(_)), "{ended:?}");
    let last = open_a_door(&**service.store()).await;
    service
        .projection("bell")
        .wait_for(last, LONG)
        .await
        .unwrap();
    assert_eq!(bell.rung(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn declared_twice_it_is_refused() {
    let twice = Annals::in_memory()
        .effect(Bell::default())
        .effect(Bell::default());
    let refusal = twice.start().await.unwrap_err();
    assert_eq!(refusal.to_string(), "bell is declared twice");
}
