//! How late timers are: while nothing else happens, and under load.

use std::time::Duration;

use annals_core::{
    EventStore, InstanceId, Read, Saga, SagaEvent, Source, Stepped, Timestamp, events_of,
};
use annals_runtime::{CommandBus, ProjectionHandle};

use super::alarm::{self, Alarm, Bell};
use super::place::Place;
use super::running::{Running, index};
use super::trip::{self, Trip};
use super::trips::names;
use crate::Outcome;
use crate::candidates::{TIMERS_ALONE, TIMERS_UNDER_LOAD};
use crate::drive::{Latency, no_latency};
use crate::effort::Effort;
use crate::figure::Unit;
use crate::measure::Measure;

/// After so long the first is due, when all are set.
const LEAD: Duration = Duration::from_secs(1);

/// So many sagas are asked for together, to run beside them.
const LOAD: usize = 500;

/// The 99th percentile, alone and under load.
pub(super) async fn of_timers(place: &Place, effort: &Effort) -> Outcome<Measure> {
    let title = format!(
        "p99 lateness of {} timers within {:?}, {}",
        effort.timers, effort.timers_within, place.name
    );
    let file = format!("{}-timers", place.file);
    let mut measure = Measure::new(file, title, Unit::Milliseconds);
    let index = index(place).await?;
    let bell = Bell::default();
    let bus = CommandBus::new().handling(bell.clone());
    let alarms = Running::start::<Alarm>(place, bus, &index).await?;
    let alone = ring(place, effort, &bell).await?;
    let under_load = under_load(place, effort, &bell, &index).await?;
    for (what, latency) in [(TIMERS_ALONE, alone), (TIMERS_UNDER_LOAD, under_load)] {
        measure.add(what, latency.value_at_quantile(0.99) as f64 / 1_000.0);
        measure.add_latency(what, &latency);
    }
    alarms.stop().await;
    index.stop().await;
    Ok(measure)
}

async fn under_load(
    place: &Place,
    effort: &Effort,
    bell: &Bell,
    index: &ProjectionHandle,
) -> Outcome<Latency> {
    let store = place.events();
    let trips = Running::start::<Stepped<Trip>>(place, trip::bus(&store), index).await?;
    let load = async {
        loop {
            // As fast as they go: the next are asked for once these have begun and sent a command.
            let appends = place.store.counts().appends;
            trip::request(&*store, &names(LOAD)).await?;
            place.store.made(appends + 1 + 3 * LOAD as u64).await?;
        }
    };
    let latency = tokio::select! {
        latency = ring(place, effort, bell) => latency,
        ended = load => ended,
    };
    trips.stop().await;
    latency
}

/// Sets alarms, waits until all have rung, and tells how late they were.
async fn ring(place: &Place, effort: &Effort, bell: &Bell) -> Outcome<Latency> {
    let store = place.events();
    let alarms = names(effort.timers);
    for (number, alarm) in (0..).zip(&alarms) {
        let share = f64::from(number) / effort.timers as f64;
        let after = LEAD + effort.timers_within.mul_f64(share);
        alarm::set(&*store, alarm, after).await?;
    }
    let mut lateness = no_latency();
    for (alarm, rung) in bell.rung(effort.timers).await? {
        let late = rung.duration_since(due(&*store, &alarm).await?);
        lateness.record(u64::try_from(late.as_micros())?)?;
    }
    bell.forget();
    Ok(lateness)
}

/// When an alarm was due, as recorded.
async fn due(store: &dyn EventStore, alarm: &str) -> Outcome<Timestamp> {
    let stream = InstanceId::new(alarm)?.stream(Alarm::NAME)?;
    let first = Read::forwards(Source::stream(stream)).limit(1);
    let first = store.read(first).await?.try_next().await?;
    let first = events_of::<SagaEvent>(&first.ok_or("the alarm was not set")?)?.pop();
    let set = first.as_ref().and_then(SagaEvent::instance);
    let timer = set.and_then(|set| set.timers.values().next());
    Ok(timer.ok_or("it has no timer")?.due)
}
