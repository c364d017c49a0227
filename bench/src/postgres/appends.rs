//! Appends: one event at a time, a hundred at a time, and one at a time at a given pace.

use crate::Outcome;
use crate::candidates::{ANNALS, NAIVE, ONE_STATEMENT, PEERS, by, in_turn, writers_of};
use crate::drive;
use crate::effort::Effort;
use crate::figure::{Unit, grouped};
use crate::measure::{Bound, Goal, Measure, Spread};

use super::field::Field;

const BATCH: usize = 100;
/// How many writers the goals are about.
const MOST_WRITERS: usize = 32;

/// Appends of one event: at full speed, and at a pace.
pub(super) async fn singles_by_writers(field: &Field, effort: &Effort) -> Outcome<Vec<Measure>> {
    let mut measures = Vec::new();
    for writers in [1, 8] {
        measures.push(singles(field, effort, writers).await?);
    }
    let most = singles(field, effort, MOST_WRITERS).await?;
    let at_pace = at_pace(field, effort, &most).await?;
    measures.extend([most, at_pace]);
    Ok(measures)
}

/// Appends of a hundred events.
pub(super) async fn batches_by_writers(field: &Field, effort: &Effort) -> Outcome<Vec<Measure>> {
    let mut measures = Vec::new();
    for writers in [1, 8] {
        measures.push(batches(field, effort, writers).await?);
    }
    Ok(measures)
}

/// Appends of one event, as fast as so many writers can.
async fn singles(field: &Field, effort: &Effort, writers: usize) -> Outcome<Measure> {
    let title = format!("Appends of one event, {}", by(writers));
    let file = format!("appends-{writers}");
    let mut measure = Measure::new(file, title, Unit::PerSecond("appends/s"));
    for round in 0..effort.rounds {
        for candidate in in_turn(round, field.singles()) {
            let workers = writers_of(candidate, &format!("single{round}"), writers, 1).await?;
            let run = drive::at_full_speed(workers, effort.turn).await?;
            measure.add_run(candidate.name(), &run);
        }
    }
    if writers == MOST_WRITERS {
        measure.want(ANNALS, NAIVE, Bound::AtLeast(5.0));
        measure.want(ANNALS, ONE_STATEMENT, Bound::AtLeast(2.0));
        measure.want_of_best(ANNALS, &PEERS, Bound::AtLeast(5.0));
        want_lower_p99(&mut measure);
    }
    Ok(measure)
}

/// Appends of a hundred events, as fast as so many writers can.
async fn batches(field: &Field, effort: &Effort, writers: usize) -> Outcome<Measure> {
    let title = format!("Appends of {BATCH} events, {}", by(writers));
    let file = format!("batches-{writers}");
    let mut measure = Measure::new(file, title, Unit::PerSecond("events/s"));
    for round in 0..effort.rounds {
        for candidate in in_turn(round, field.batches()) {
            let workers = writers_of(candidate, &format!("batch{round}"), writers, BATCH).await?;
            let run = drive::at_full_speed(workers, effort.turn).await?;
            measure.add_run(candidate.name(), &run);
        }
    }
    measure.want(ANNALS, ONE_STATEMENT, Bound::AtLeast(0.7));
    Ok(measure)
}

/// Appends of one event at half the pace that the naive transaction can keep. Who cannot keep it
/// is left out: behind an ever longer queue there is no latency to speak of.
async fn at_pace(field: &Field, effort: &Effort, full_speed: &Measure) -> Outcome<Measure> {
    let speed_of = |name| full_speed.row(name).map_or(0.0, |row| row.figure().median);
    let pace = (speed_of(NAIVE) / 2.0).max(1.0).floor();
    let title = format!(
        "p99 of appends of one event that become due at {}/s",
        grouped(pace as usize)
    );
    let mut measure = Measure::new("pace", title, Unit::Milliseconds);
    for round in 0..effort.rounds {
        for candidate in in_turn(round, field.singles()) {
            if speed_of(candidate.name()) < pace {
                continue;
            }
            let workers = writers_of(candidate, &format!("pace{round}"), MOST_WRITERS, 1).await?;
            let latency = drive::at_pace(workers, pace, effort.turn).await?;
            let p99 = latency.value_at_quantile(0.99) as f64 / 1_000.0;
            measure.add(candidate.name(), p99);
            measure.add_latency(candidate.name(), &latency);
        }
    }
    measure.want(ANNALS, NAIVE, Bound::AtMost(1.0));
    Ok(measure)
}

fn want_lower_p99(measure: &mut Measure) {
    let p99 = |name| measure.row(name).and_then(|row| row.percentile(99.0));
    if let (Some(ours), Some(naive)) = (p99(ANNALS), p99(NAIVE)) {
        measure.goals.push(Goal {
            text: format!("p99 of {ANNALS} ÷ p99 of {NAIVE}"),
            wanted: Bound::AtMost(1.0),
            reached: Spread::once(ours / naive),
        });
    }
}
