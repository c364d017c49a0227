//! Sagas of three steps, and their commands by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use annals_core::{EventStore, IdSource, RandomIds, Stepped};
use annals_runtime::CommandBus;
use async_trait::async_trait;

use super::counted::Counts;
use super::place::Place;
use super::running::{Running, index};
use super::trip::{self, APPENDS, STEPS, Trip};
use crate::Outcome;
use crate::candidates::{ANNALS, BARE_COMMANDS, in_turn};
use crate::drive::{self, Worker, micros, no_latency};
use crate::effort::Effort;
use crate::figure::Unit;
use crate::measure::{Bound, Measure};

const CONTESTANTS: [&str; 2] = [BARE_COMMANDS, ANNALS];

/// As many as the engine has places.
const CLIENTS: usize = 256;

/// As fast as they go.
pub(super) async fn many_at_once(place: &Place, effort: &Effort) -> Outcome<Measure> {
    let title = format!("Sagas of three steps, {CLIENTS} at once, {}", place.name);
    let file = format!("{}-sagas", place.file);
    let mut measure = Measure::new(file, title, Unit::PerSecond("sagas/s"));
    for round in 0..effort.rounds {
        for contestant in in_turn(round, CONTESTANTS) {
            let per_second = match contestant {
                ANNALS => run(place, effort.sagas).await?,
                _ => by_hand(place, CLIENTS, effort.turn).await?,
            };
            measure.add(contestant, per_second);
        }
    }
    measure.want(BARE_COMMANDS, ANNALS, Bound::AtMost(2.5));
    Ok(measure)
}

/// Each once the one before has ended.
pub(super) async fn one_at_a_time(place: &Place, effort: &Effort) -> Outcome<Measure> {
    let title = format!("Sagas of three steps, one at a time, {}", place.name);
    let file = format!("{}-one-saga", place.file);
    let mut measure = Measure::new(file, title, Unit::PerSecond("sagas/s"));
    for round in 0..effort.rounds {
        for contestant in in_turn(round, CONTESTANTS) {
            let per_second = match contestant {
                ANNALS => run_one_by_one(place, effort.turn, &mut measure).await?,
                _ => by_hand(place, 1, effort.turn).await?,
            };
            measure.add(contestant, per_second);
        }
    }
    Ok(measure)
}

/// What one saga asks of the store, beside its commands by hand.
pub(super) async fn cost(place: &Place) -> Outcome<String> {
    const SAGAS: usize = 500;
    let each = |before: Counts, after: Counts| {
        let each = |before: u64, after: u64| (after - before) as f64 / SAGAS as f64;
        format!(
            "{:.1} appends of {:.0} bytes together, {:.1} reads and {:.1} questions whether an append was made",
            each(before.appends, after.appends),
            each(before.bytes, after.bytes),
            each(before.reads, after.reads),
            each(before.lookups, after.lookups),
        )
    };
    // So that the inbox begins with what is requested from now on.
    run(place, 0).await?;
    let start = place.store.counts();
    let bus = trip::bus(&place.events());
    for trip in names(SAGAS) {
        trip::by_hand(&bus, &trip).await?;
    }
    let bare = place.store.counts();
    run(place, SAGAS).await?;
    let end = place.store.counts();
    let (bare, whole) = (each(start, bare), each(bare, end));
    let name = place.name;
    Ok(format!(
        "{name}: a saga costs {whole}; its bare commands {bare}"
    ))
}

/// Lets so many sagas run, and tells how many that was in a second.
async fn run(place: &Place, sagas: usize) -> Outcome<f64> {
    let store = place.events();
    trip::request(&*store, &names(sagas)).await?;
    let appends = place.store.counts().appends;
    let started = Instant::now();
    let index = index(place).await?;
    let running = Running::start::<Stepped<Trip>>(place, trip::bus(&store), &index).await?;
    place.store.made(appends + APPENDS * sagas as u64).await?;
    let per_second = sagas as f64 / started.elapsed().as_secs_f64();
    running.stop().await;
    index.stop().await;
    Ok(per_second)
}

async fn run_one_by_one(place: &Place, time: Duration, measure: &mut Measure) -> Outcome<f64> {
    let store = place.events();
    let index = index(place).await?;
    let running = Running::start::<Stepped<Trip>>(place, trip::bus(&store), &index).await?;
    // The first one warms up.
    run_one(place, &*store).await?;
    let (started, mut sagas, mut latency) = (Instant::now(), 0_u32, no_latency());
    while started.elapsed() < time {
        let begun = Instant::now();
        run_one(place, &*store).await?;
        latency.record(micros(begun.elapsed()))?;
        sagas += 1;
    }
    let per_second = f64::from(sagas) / started.elapsed().as_secs_f64();
    measure.add_latency(ANNALS, &latency);
    running.stop().await;
    index.stop().await;
    Ok(per_second)
}

async fn run_one(place: &Place, store: &dyn EventStore) -> Outcome {
    let appends = place.store.counts().appends;
    trip::request(store, &names(1)).await?;
    place.store.made(appends + 1 + APPENDS).await
}

/// The commands of as many trips as so many clients can send.
async fn by_hand(place: &Place, clients: usize, time: Duration) -> Outcome<f64> {
    let bus = trip::bus(&place.events());
    let round: Arc<str> = unique().into();
    let next = Arc::new(AtomicUsize::new(0));
    let clients = (0..clients).map(|_| {
        Box::new(Client {
            bus: bus.clone(),
            round: Arc::clone(&round),
            next: Arc::clone(&next),
        }) as Box<dyn Worker>
    });
    let run = drive::at_full_speed(clients.collect(), time).await?;
    Ok(run.per_second / STEPS as f64)
}

struct Client {
    bus: CommandBus,
    round: Arc<str>,
    next: Arc<AtomicUsize>,
}

#[async_trait]
impl Worker for Client {
    async fn work(&mut self) -> Outcome<u64> {
        let number = self.next.fetch_add(1, Relaxed);
        trip::by_hand(&self.bus, &format!("{}-{number}", self.round)).await?;
        Ok(STEPS)
    }
}

/// Names of trips that nobody has made.
pub(super) fn names(trips: usize) -> Vec<String> {
    let round = unique();
    (0..trips).map(|trip| format!("{round}-{trip}")).collect()
}

fn unique() -> String {
    RandomIds.next().simple().to_string()
}
