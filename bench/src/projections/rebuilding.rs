//! A whole history, taken in from the first event on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use annals_core::{
    Edition, Editions, EventStore, EventStream, Projection, Read, Recorded, Source, TableFold,
    decode,
};
use annals_runtime::{
    CutOver, RebuildOptions, RebuildPhase, RunnerOptions, rebuild, run_projection,
};

use super::by_hand::{Row, Shape};
use super::place::Place;
use crate::Outcome;
use crate::candidates::annals::AccountEvent;
use crate::candidates::{ANNALS, ANNALS_CATCHING_UP, BARE_DATABASE, ROW_PER_EVENT, in_turn};
use crate::effort::Effort;
use crate::figure::{Unit, grouped};
use crate::measure::{Bound, Measure};

/// Who makes a read model of many rows.
pub(super) const OF_MANY_ROWS: [&str; 4] =
    [BARE_DATABASE, ROW_PER_EVENT, ANNALS_CATCHING_UP, ANNALS];

/// Who makes one of a single row: of that the bare database has next to nothing to write.
pub(super) const OF_ONE_ROW: [&str; 3] = [ROW_PER_EVENT, ANNALS_CATCHING_UP, ANNALS];

/// Longer than any of it takes.
const LONGEST: Duration = Duration::from_secs(300);

/// Rows that are written in one transaction, and the position it ends at.
struct Batch {
    rows: Vec<Row>,
    position: i64,
    events: u64,
}

/// A read model made from all events of a place, by each of the contestants.
pub(super) async fn measure<P, const N: usize>(
    place: &Place,
    effort: &Effort,
    contestants: [&'static str; N],
) -> Outcome<Measure>
where
    P: Projection<Event = AccountEvent, Key = String>,
{
    let fold = TableFold::of_rows::<P>();
    place.read_models.projector(fold.clone()).await?;
    let batches = batches::<P>(&place.store).await?;
    let (name, events) = (place.name, grouped(effort.projected_events));
    let title = format!("`{}` of {events} events, {name}", P::TABLE);
    let file = format!("{}-{}", place.file, P::TABLE);
    let mut measure = Measure::new(file, title, Unit::PerSecond("events/s"));
    for round in 0..effort.projected_rounds {
        for contestant in in_turn(round, contestants) {
            let per_second = match contestant {
                BARE_DATABASE => bare::<P>(place, &batches).await?,
                ROW_PER_EVENT => row_per_event::<P>(place, effort.turn).await?,
                ANNALS_CATCHING_UP => catch_up(place, &fold).await?,
                _ => make_anew(place, &fold).await?,
            };
            measure.add(contestant, per_second);
        }
    }
    Ok(measure)
}

/// What a rebuild is to reach: so many events in a second, or half of what the bare database does.
pub(super) fn want(measure: &mut Measure, per_second: f64) {
    let bare = measure.row(BARE_DATABASE);
    let half = bare.map_or(f64::INFINITY, |row| (row.figure().median / 2.0).floor());
    measure.want_figure(ANNALS, Bound::AtLeast(per_second.min(half)));
    measure.want(ANNALS, ROW_PER_EVENT, Bound::AtLeast(5.0));
}

/// Ours: another edition from the first event on, which takes the place of the current one.
async fn make_anew(place: &Place, fold: &TableFold) -> Outcome<f64> {
    let (store, read_models) = (Arc::clone(&place.store), Arc::clone(&place.read_models));
    let options = RebuildOptions {
        cut_over: CutOver::WhenComplete,
        ..RebuildOptions::default()
    };
    let started = Instant::now();
    let ended = rebuild(store, read_models, fold.clone(), options)
        .end()
        .await;
    let elapsed = started.elapsed();
    let RebuildPhase::CutOver(position) = ended.phase else {
        return Err(format!("the rebuild ended otherwise: {:?}", ended.phase).into());
    };
    editions(place)?
        .discard(fold.name(), Edition::Previous)
        .await?;
    Ok(position.0 as f64 / elapsed.as_secs_f64())
}

/// Ours: the projection that runs, on an edition that is empty.
async fn catch_up(place: &Place, fold: &TableFold) -> Outcome<f64> {
    let editions = editions(place)?;
    let projector = editions.projector(fold.clone(), Edition::Candidate).await?;
    let head = place.store.head().await?;
    let started = Instant::now();
    let projection = run_projection(
        Arc::clone(&place.store),
        projector,
        RunnerOptions::default(),
    );
    projection.wait_for(head, LONGEST).await?;
    let elapsed = started.elapsed();
    projection.stop().await;
    editions.discard(fold.name(), Edition::Candidate).await?;
    Ok(head.0 as f64 / elapsed.as_secs_f64())
}

fn editions(place: &Place) -> Outcome<&dyn Editions> {
    Ok(place
        .read_models
        .editions()
        .ok_or("there is one edition only")?)
}

/// By hand: a transaction for each event, for so long.
async fn row_per_event<P>(place: &Place, time: Duration) -> Outcome<f64>
where
    P: Projection<Event = AccountEvent, Key = String>,
{
    let mut by_hand = place.by_hand(Shape::of::<P>()).await?;
    let mut events = events_of::<P>(&place.store).await?;
    let started = Instant::now();
    let mut done = 0;
    while started.elapsed() < time
        && let Some(event) = next(&mut events).await?
    {
        let position = event.record.position.0.cast_signed();
        for key in P::keys(&event) {
            let mut fold = |before: Option<Row>| {
                let before = before.map(P::from_values).transpose()?;
                let after = P::fold(before, &key, &event).ok_or("rows are never deleted")?;
                Ok(after.to_values())
            };
            by_hand.change(&key, position, &mut fold).await?;
        }
        done += 1;
    }
    Ok(f64::from(done) / started.elapsed().as_secs_f64())
}

/// The rows that ours writes, and nothing else.
async fn bare<P: Projection>(place: &Place, batches: &[Batch]) -> Outcome<f64> {
    let mut by_hand = place.by_hand(Shape::of::<P>()).await?;
    let started = Instant::now();
    for batch in batches {
        by_hand.put(&batch.rows, batch.position).await?;
    }
    let events: u64 = batches.iter().map(|batch| batch.events).sum();
    Ok(events as f64 / started.elapsed().as_secs_f64())
}

/// What a rebuild writes, transaction by transaction.
async fn batches<P>(store: &Arc<dyn EventStore>) -> Outcome<Vec<Batch>>
where
    P: Projection<Event = AccountEvent, Key = String>,
{
    let most = RebuildOptions::default().max_batch.get() as u64;
    let mut events = events_of::<P>(store).await?;
    let mut rows: HashMap<String, P> = HashMap::new();
    let mut changed: HashMap<String, Row> = HashMap::new();
    let (mut batches, mut folded) = (Vec::new(), 0);
    while let Some(event) = next(&mut events).await? {
        for key in P::keys(&event) {
            if let Some(row) = P::fold(rows.remove(&key), &key, &event) {
                changed.insert(key.clone(), row.to_values());
                rows.insert(key, row);
            }
        }
        folded += 1;
        if folded == most || event.record.position == events.head() {
            batches.push(Batch {
                rows: changed.drain().map(|(_, row)| row).collect(),
                position: event.record.position.0.cast_signed(),
                events: std::mem::take(&mut folded),
            });
        }
    }
    Ok(batches)
}

/// The events of a projection, to be decoded one by one.
async fn events_of<P: Projection>(store: &Arc<dyn EventStore>) -> Outcome<EventStream> {
    let all = Read::forwards(Source::query(P::query()));
    Ok(store.read(all).await?)
}

async fn next(events: &mut EventStream) -> Outcome<Option<Recorded<AccountEvent>>> {
    let record = events.try_next().await?;
    let event = record.map(decode).transpose()?;
    // A deposit is read as one event.
    Ok(event.and_then(|parts| parts.into_iter().next()))
}
