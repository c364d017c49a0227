//! Events that are recorded while read models follow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use annals_core::{Position, TableFold};
use annals_runtime::{ProjectionHandle, RunnerOptions, run_projection};
use async_trait::async_trait;
use tokio::sync::mpsc;

use super::place::Place;
use super::read_models::{AccountBalance, Deposits, EventCount};
use crate::Outcome;
use crate::candidates::{ANNALS, ANNALS_COUNTING, APPENDS_ALONE, THE_APPEND, in_turn};
use crate::drive::{self, Latency, Worker, micros, no_latency};
use crate::effort::Effort;
use crate::figure::{Unit, grouped};
use crate::measure::{Bound, Measure};

const CONTESTANTS: [&str; 3] = [APPENDS_ALONE, ANNALS, ANNALS_COUNTING];

/// Events that become due in a second.
const PACE: usize = 5_000;
const WRITERS: u64 = 32;

/// Longer than any of it takes.
const LONGEST: Duration = Duration::from_secs(60);

/// Appends at full speed, until all of it is shown.
pub(super) async fn measure(place: &Place, effort: &Effort) -> Outcome<Measure> {
    let title = format!("Events appended until they are shown, {}", place.name);
    let file = format!("{}-following", place.file);
    let mut measure = Measure::new(file, title, Unit::PerSecond("events/s"));
    for round in 0..effort.projected_rounds {
        for contestant in in_turn(round, CONTESTANTS) {
            let projection = match contestant {
                ANNALS => Some(follow(place, TableFold::of_rows::<AccountBalance>()).await?),
                ANNALS_COUNTING => Some(follow(place, TableFold::of_rows::<EventCount>()).await?),
                _ => None,
            };
            let per_second = append_until_shown(place, projection.as_ref(), effort.turn).await?;
            measure.add(contestant, per_second);
            if let Some(projection) = projection {
                projection.stop().await;
            }
        }
    }
    Ok(measure)
}

/// Appends at a pace, and how long each event takes from there to be shown.
pub(super) async fn lag(place: &Place, effort: &Effort) -> Outcome<Measure> {
    let (pace, name) = (grouped(PACE), place.name);
    let title = format!("p99 from recorded to shown at {pace} events/s, {name}");
    let file = format!("{}-lag", place.file);
    let mut measure = Measure::new(file, title, Unit::Milliseconds);
    for _ in 0..effort.projected_rounds {
        let projection = follow(place, TableFold::of_rows::<AccountBalance>()).await?;
        let (recorded, shown) = mpsc::unbounded_channel();
        let writers = (0..WRITERS).map(|writer| Writer::of(place, writer, &recorded));
        let writers = writers.collect::<Outcome<_>>()?;
        drop(recorded);
        let (appended, lag) = tokio::join!(
            drive::at_pace(writers, PACE as f64, effort.turn),
            lag_of(&projection, shown)
        );
        let (appended, lag) = (appended?, lag?);
        for (what, latency) in [(ANNALS, lag), (THE_APPEND, appended)] {
            measure.add(what, latency.value_at_quantile(0.99) as f64 / 1_000.0);
            measure.add_latency(what, &latency);
        }
        projection.stop().await;
    }
    measure.want_figure(ANNALS, Bound::AtMost(50.0));
    Ok(measure)
}

/// A projection that has caught up.
async fn follow(place: &Place, fold: TableFold) -> Outcome<ProjectionHandle> {
    let projector = place.read_models.projector(fold).await?;
    let options = RunnerOptions::default();
    let projection = run_projection(Arc::clone(&place.store), projector, options);
    projection
        .wait_for(place.store.head().await?, LONGEST)
        .await?;
    Ok(projection)
}

async fn append_until_shown(
    place: &Place,
    projection: Option<&ProjectionHandle>,
    time: Duration,
) -> Outcome<f64> {
    let mut deposits = Deposits::of(&place.store, 0)?;
    let (mut done, mut end) = (0, Position::START);
    let started = Instant::now();
    while started.elapsed() < time {
        let (last, events) = deposits.append_many().await?;
        (done, end) = (done + events, last);
    }
    if let Some(projection) = projection {
        projection.wait_for(end, LONGEST).await?;
    }
    Ok(done as f64 / started.elapsed().as_secs_f64())
}

/// What was recorded, and when its answer came.
type Recorded = (Position, Instant);

/// Appends one event at a time.
struct Writer {
    deposits: Deposits,
    recorded: mpsc::UnboundedSender<Recorded>,
}

impl Writer {
    fn of(
        place: &Place,
        writer: u64,
        recorded: &mpsc::UnboundedSender<Recorded>,
    ) -> Outcome<Box<dyn Worker>> {
        Ok(Box::new(Self {
            deposits: Deposits::of(&place.store, writer)?,
            recorded: recorded.clone(),
        }))
    }
}

#[async_trait]
impl Worker for Writer {
    async fn work(&mut self) -> Outcome<u64> {
        let position = self.deposits.append_one().await?;
        self.recorded.send((position, Instant::now()))?;
        Ok(1)
    }
}

/// One after the other: whoever was recorded out of order is told a little late.
async fn lag_of(
    projection: &ProjectionHandle,
    mut recorded: mpsc::UnboundedReceiver<Recorded>,
) -> Outcome<Latency> {
    let mut lag = no_latency();
    while let Some((position, at)) = recorded.recv().await {
        projection.wait_for(position, LONGEST).await?;
        lag.record(micros(at.elapsed()))?;
    }
    Ok(lag)
}
