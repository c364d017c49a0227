//! A saga of a service: declared, run, looked at, asked, and gone on with after a restart.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use annals::runtime::{CommandContext, CommandFault, CommandHandler, SagaError, SagaRow};
use annals::{
    Aggregate, Annals, Asked, Builder, Command, EffectStart, Event, IdSource, InstanceId, Position,
    RandomIds, Recorded, RetryPolicy, SagaStep, Selection, Snapshot, Stage, Stepped, Steps,
    StreamVersion, Unwanted,
};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(30);

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
enum DoorEvent {
    DoorOpened,
    DoorClosed,
}

#[derive(Default, Clone, Serialize, Deserialize, JsonSchema)]
struct Door {
    is_open: bool,
}

#[derive(Clone)]
enum DoorCommand {
    Open,
    Close,
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("it is so already")]
struct SoAlready;

impl Aggregate for Door {
    const CATEGORY: &'static str = "Door";
    type Command = DoorCommand;
    type Event = DoorEvent;
    type Error = SoAlready;

    fn decide(&self, command: DoorCommand) -> Result<Vec<DoorEvent>, SoAlready> {
        match (command, self.is_open) {
            (DoorCommand::Open, false) => Ok(vec![DoorEvent::DoorOpened]),
            (DoorCommand::Close, true) => Ok(vec![DoorEvent::DoorClosed]),
            _ => Err(SoAlready),
        }
    }

    fn evolve(&mut self, event: &DoorEvent) {
        self.is_open = *event == DoorEvent::DoorOpened;
    }
}

impl Snapshot for Door {
    const FOLD_REVISION: u32 = 1;
}

#[derive(Serialize, Deserialize)]
struct Close {
    door: String,
}

impl Command for Close {
    const NAME: &'static str = "close";
    type Reply = ();
    type Refusal = SoAlready;
}

#[derive(Serialize, Deserialize)]
struct Ring;

impl Command for Ring {
    const NAME: &'static str = "ring";
    type Reply = ();
    type Refusal = ();
}

/// Rings if there is a permit, once for each key.
#[derive(Clone)]
struct Bell {
    permits: Arc<Semaphore>,
    rung: Arc<Mutex<BTreeSet<String>>>,
}

impl Bell {
    fn with_permits(permits: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(permits)),
            rung: Arc::default(),
        }
    }

    fn times_rung(&self) -> usize {
        self.rung.lock().unwrap().len()
    }
}

#[async_trait]
impl CommandHandler<Ring> for Bell {
    async fn handle(&self, _: Ring, context: CommandContext) -> Result<(), CommandFault<()>> {
        let key = context.idempotency.unwrap().key;
        let mut rung = self.rung.lock().unwrap();
        if !rung.contains(&key) {
            let permit = self.permits.try_acquire();
            permit.map_err(CommandFault::transient)?.forget();
            rung.insert(key);
        }
        Ok(())
    }
}

/// Rings for each door that is opened, and closes it.
#[derive(Serialize, Deserialize)]
struct Welcome {
    door: String,
}

impl Steps for Welcome {
    const NAME: &'static str = "welcome";
    type Event = DoorEvent;

    fn begin(event: &Recorded<DoorEvent>) -> Option<(InstanceId, Self)> {
        let door = event.record.stream.id().to_owned();
        let id = InstanceId::new(&door).ok()?;
        (event.event == DoorEvent::DoorOpened).then_some((id, Self { door }))
    }

    fn stages() -> Vec<Stage<Self>> {
        let ring = SagaStep::new("ring", |_: &Self| Ring).retried(RetryPolicy::ONCE);
        let close = |welcome: &Self| Close {
            door: welcome.door.clone(),
        };
        vec![
            Stage::of(ring).pivot(),
            Stage::of(SagaStep::new("close", close)),
        ]
    }
}

fn declared(service: Builder, bell: &Bell) -> Builder {
    let close = |close: Close| (close.door, DoorCommand::Close);
    service
        .aggregate::<Door>()
        .command(bell.clone())
        .command_to::<Close, Door>(close, |_| ())
        .saga::<Stepped<Welcome>>()
}

async fn start(directory: &Path, bell: &Bell) -> Annals {
    let service = declared(Annals::open(directory), bell);
    service.start().await.unwrap()
}

async fn open(service: &Annals, door: &str) {
    let opened = service.execute::<Door>(door, DoorCommand::Open, CommandContext::default());
    opened.await.unwrap();
}

/// Waits until the read model tells this of a door.
async fn until(service: &Annals, door: &str, status: &str) -> SagaRow {
    let find = async {
        let mut position = Position::START;
        loop {
            let is_so = Selection::new().equal("instance", &door.to_owned());
            let rows = service
                .sagas()
                .list(is_so.equal("status", &status.to_owned()));
            if let Some(row) = rows.await.unwrap().pop() {
                return row;
            }
            let index = service.projection("sagas");
            position = index.wait_for(position.next(), LONG).await.unwrap();
        }
    };
    tokio::time::timeout(LONG, find).await.unwrap()
}

/// How many instances of each saga are stuck, as the watch sees it first.
async fn stuck(service: &Annals) -> Vec<(&'static str, u64)> {
    let mut looks = service.saga_watch().looks();
    let looked = looks.wait_for(|looked| !looked.is_empty());
    let looked = tokio::time::timeout(LONG, looked).await.unwrap().unwrap();
    looked.iter().map(|saga| (saga.saga, saga.stuck)).collect()
}

#[tokio::test]
async fn one_that_is_declared_runs_to_its_end() {
    let service = declared(Annals::in_memory(), &Bell::with_permits(1));
    let service = service.start().await.unwrap();
    open(&service, "front").await;
    let row = until(&service, "front", "completed").await;
    assert_eq!((row.waits_for.as_str(), row.due), ("", None));
    let door = service.repository::<Door>().load("front").await.unwrap();
    assert_eq!(door.version, StreamVersion(2));
    service.stop().await;
}

#[tokio::test]
async fn one_that_is_parked_is_asked_after_a_restart_and_goes_on() {
    let (directory, bell) = (tempfile::tempdir().unwrap(), Bell::with_permits(0));
    let service = start(directory.path(), &bell).await;
    open(&service, "front").await;
    until(&service, "front", "parked").await;
    service.stop().await;
    drop(service);
    bell.permits.add_permits(1);
    let service = start(directory.path(), &bell).await;
    assert_eq!(stuck(&service).await, [("welcome", 1)]);
    let door = InstanceId::new("front").unwrap();
    let asked = service.sagas().ask("welcome", &door, Asked::Retry, "ann");
    asked.await.unwrap();
    until(&service, "front", "completed").await;
    let again = service
        .sagas()
        .ask("welcome", &door, Asked::Retry, "ann")
        .await;
    let why = Unwanted::Ended;
    assert!(matches!(again, Err(SagaError::Unwanted { why: found, .. }) if found == why));
}

/// Where nobody else keeps anything.
fn url() -> String {
    let server = annals_servers::postgres_url();
    let mark = if server.contains('?') { '&' } else { '?' };
    format!("{server}{mark}schema=t_{}", RandomIds.next().simple())
}

#[tokio::test]
async fn of_processes_on_one_database_another_goes_on_when_one_stops() {
    let (url, bell) = (url(), Bell::with_permits(5));
    let one = start(Path::new(&url), &bell).await;
    let other = start(Path::new(&url), &bell).await;
    for door in ["1", "2", "3", "4", "5"] {
        open(&one, door).await;
    }
    for door in ["1", "2", "3", "4", "5"] {
        until(&other, door, "completed").await;
    }
    assert_eq!(bell.times_rung(), 5);
    one.stop().await;
    bell.permits.add_permits(1);
    open(&other, "6").await;
    until(&other, "6", "completed").await;
    other.stop().await;
}

#[tokio::test]
async fn a_command_to_an_aggregate_that_is_not_declared_is_refused() {
    let close = |close: Close| (close.door, DoorCommand::Close);
    let service = Annals::in_memory().command_to::<Close, Door>(close, |_| ());
    let refusal = service.start().await.unwrap_err().to_string();
    assert_eq!(
        refusal,
        "command close goes to an aggregate that is not declared"
    );
}

/// Rings for each door that was ever opened.
#[derive(Serialize, Deserialize)]
struct RingForAll;

impl Steps for RingForAll {
    const NAME: &'static str = "ring_for_all";
    const START: EffectStart = EffectStart::Beginning;
    type Event = DoorEvent;

    fn begin(event: &Recorded<DoorEvent>) -> Option<(InstanceId, Self)> {
        let id = InstanceId::new(event.record.stream.id()).ok()?;
        (event.event == DoorEvent::DoorOpened).then_some((id, Self))
    }

    fn stages() -> Vec<Stage<Self>> {
        vec![Stage::of(SagaStep::new("ring", |_: &Self| Ring))]
    }
}

#[tokio::test]
async fn one_that_lost_its_place_leaves_nothing_out_and_does_nothing_again() {
    let (directory, bell) = (tempfile::tempdir().unwrap(), Bell::with_permits(9));
    let start = || {
        let service = Annals::open(directory.path()).aggregate::<Door>();
        let service = service.command(bell.clone());
        service.saga::<Stepped<RingForAll>>().start()
    };
    let service = start().await.unwrap();
    open(&service, "front").await;
    until(&service, "front", "completed").await;
    service.stop().await;
    drop(service);
    let bare = Annals::open(directory.path()).aggregate::<Door>();
    let bare = bare.start().await.unwrap();
    open(&bare, "back").await;
    bare.stop().await;
    drop(bare);
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let path = file.unwrap().path();
        if path.to_string_lossy().contains("read-models.db") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let service = start().await.unwrap();
    until(&service, "back", "completed").await;
    until(&service, "front", "completed").await;
    assert_eq!(bell.times_rung(), 2);
    service.stop().await;
}

#[tokio::test]
async fn a_saga_that_is_declared_twice_is_refused() {
    let service = declared(Annals::in_memory(), &Bell::with_permits(0)).saga::<Stepped<Welcome>>();
    let refusal = service.start().await.unwrap_err().to_string();
    assert_eq!(refusal, "welcome is declared twice");
}
