use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use annals_core::payload::Payload;
use annals_core::{
    Clock, Decision, EncodeError, Event, EventSchema, Input, InstanceId, Position, Projector,
    QueryError, ReadModel, ReadModels, Recorded, Route, Select, SnapshotStore, TableFold,
    Timestamp, Value,
};
use annals_embedded::EmbeddedStore;
use annals_testing::{ManualClock, MemoryLeases};
use async_trait::async_trait;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use serde::{Deserialize, Serialize};

use super::*;
use crate::command_bus::CommandBus;
use crate::projection::ProjectionStatus;

const SECOND: Duration = Duration::from_secs(1);

/// Never happens.
#[derive(Clone)]
struct Never(Infallible);

impl Event for Never {
    const SCHEMAS: &'static [EventSchema] = &[];

    fn schema(&self) -> &'static EventSchema {
        match self.0 {}
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        match self.0 {}
    }

    fn decode(_: &EventSchema, _: u32, _: Payload<'_>) -> Result<Self, serde_json::Error> {
        Err(serde::de::Error::custom("it never happens"))
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Idle;

impl Saga for Idle {
    const NAME: &'static str = "idle";
    type Event = Never;

    fn route(_: &Recorded<Never>) -> Route {
        Route::Nobody
    }

    fn react(&mut self, _: &Input<Never>) -> Vec<Decision> {
        Vec::new()
    }
}

/// Tells once of an instance that is due a second later, then that much time is over and it breaks.
struct Breaking {
    clock: ManualClock,
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl ReadModels for Breaking {
    async fn select(&self, _: Select) -> Result<Vec<Vec<Value>>, QueryError> {
        if self.asked.fetch_add(1, Relaxed) > 0 {
            return Err(broken());
        }
        let due = self.clock.now().saturating_add(SECOND).unwrap();
        self.clock.advance(10 * SECOND);
        Ok(vec![row(due).to_values()])
    }

    async fn projector(&self, _: TableFold) -> Result<Arc<dyn Projector>, QueryError> {
        Err(broken())
    }

    async fn snapshots(&self) -> Result<Arc<dyn SnapshotStore>, QueryError> {
        Err(broken())
    }
}

/// So many pages of instances that are due, all of the first of two shares.
struct Crowd {
    pages: usize,
    asked: Arc<AtomicUsize>,
}

const PAGE: usize = 128;

#[async_trait]
impl ReadModels for Crowd {
    async fn select(&self, _: Select) -> Result<Vec<Vec<Value>>, QueryError> {
        let page = self.asked.fetch_add(1, Relaxed);
        if page >= self.pages {
            return Ok(Vec::new());
        }
        let two = NonZeroUsize::new(2).unwrap();
        let names = (0..).map(|number| format!("t{page}-{number}"));
        let of_first = names.filter(|name| InstanceId::new(name).unwrap().share_of(two) == 0);
        let rows = of_first.take(PAGE).map(|instance| SagaRow {
            instance,
            ..row(Timestamp::UNIX_EPOCH)
        });
        Ok(rows.map(|row| row.to_values()).collect())
    }

    async fn projector(&self, _: TableFold) -> Result<Arc<dyn Projector>, QueryError> {
        Err(broken())
    }

    async fn snapshots(&self) -> Result<Arc<dyn SnapshotStore>, QueryError> {
        Err(broken())
    }
}

fn broken() -> QueryError {
    let reason = "broken".to_owned();
    QueryError::Unavailable { reason }
}

fn row(due: Timestamp) -> SagaRow {
    SagaRow {
        saga: Idle::NAME.to_owned(),
        instance: "t1".to_owned(),
        status: "running".to_owned(),
        reason: None,
        waits_for: String::new(),
        step: None,
        definition: 1,
        started_at: Timestamp::UNIX_EPOCH,
        changed_at: Timestamp::UNIX_EPOCH,
        since: Timestamp::UNIX_EPOCH,
        due: Some(due),
    }
}

fn runner(
    clock: &ManualClock,
    read_models: impl ReadModels,
    leases: Option<Arc<dyn Leases>>,
) -> (Runner<Idle>, watch::Sender<Progress>) {
    let store = Arc::new(EmbeddedStore::in_memory().unwrap());
    let options = SagaOptions {
        clock: Arc::new(clock.clone()),
        ..SagaOptions::default()
    };
    let engine = SagaEngine::<Idle>::new(store, CommandBus::new()).with_options(options);
    let read_models: Arc<dyn ReadModels> = Arc::new(read_models);
    let (progress, index) = watch::channel(Progress {
        position: Position(0),
        status: ProjectionStatus::CatchingUp,
    });
    let runner = Runner {
        driver: Arc::new(engine.driver(watch::Sender::new(()))),
        rows: Table::of(&read_models),
        index,
        nudged: engine.nudges.listen(),
        seats: Seats::at(Idle::NAME, leases),
        options: engine.options,
        meter: SagaMeter::new(Idle::NAME),
    };
    (runner, progress)
}

#[tokio::test(start_paused = true)]
async fn an_index_that_fails_is_asked_again_as_seldom_as_if_nothing_was_due() {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let asked = Arc::new(AtomicUsize::new(0));
    let read_models = Breaking {
        clock: clock.clone(),
        asked: Arc::clone(&asked),
    };
    let (runner, _progress) = runner(&clock, read_models, None);
    let ended = tokio::time::timeout(10 * SECOND, runner.run()).await;
    assert!(ended.is_err(), "it goes on for ever");
    let asked = asked.load(Relaxed);
    assert!((5..=12).contains(&asked), "{asked} times in ten seconds");
}

/// The share of the instances that is measured.
fn measured_share(snapshotter: &Snapshotter) -> Option<f64> {
    let measured = snapshotter.snapshot().into_vec();
    measured.iter().find_map(|(key, .., value)| match value {
        DebugValue::Gauge(share) if key.key().name() == "annals_saga_share" => Some(**share),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn who_cannot_look_leaves_its_share_to_others_and_says_so() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _recorded = ::metrics::set_default_local_recorder(&recorder);
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let leases = MemoryLeases::new(&ManualClock::at(Timestamp::UNIX_EPOCH));
    let _other = leases.try_acquire("saga/idle/0").await.unwrap();
    let read_models = Breaking {
        clock: clock.clone(),
        asked: Arc::default(),
    };
    let (runner, _progress) = runner(&clock, read_models, Some(Arc::new(leases.clone())));
    let running = tokio::spawn(runner.run());
    wait(SECOND / 2).await;
    let is_taken = || leases.token("saga/idle/1").is_some();
    assert_eq!(
        (is_taken(), measured_share(&snapshotter)),
        (true, Some(0.5))
    );
    wait(10 * SECOND).await;
    assert_eq!(
        (is_taken(), measured_share(&snapshotter)),
        (false, Some(0.0))
    );
    wait(8 * SECOND).await;
    assert!(is_taken(), "it tries again");
    running.abort();
    running.await.unwrap_err();
    assert_eq!(measured_share(&snapshotter), Some(0.0));
}

#[tokio::test]
async fn what_is_due_for_others_is_passed_over_so_much_at_a_time() {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let leases = MemoryLeases::new(&clock);
    let _other = leases.try_acquire("saga/idle/0").await.unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let crowd = Crowd {
        pages: 20,
        asked: Arc::clone(&asked),
    };
    let (runner, _progress) = runner(&clock, crowd, Some(Arc::new(leases)));
    let seat = runner.seats.take().await.unwrap().unwrap();
    let mut shift = Shift::of(&runner, &seat);
    let mut so_far = Vec::new();
    for _ in 0..3 {
        shift.look().await.unwrap();
        so_far.push(asked.load(Relaxed));
    }
    assert_eq!(so_far, [8, 16, 21]);
}
