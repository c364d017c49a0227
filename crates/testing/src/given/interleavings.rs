//! The orders in which events can come when only those of one stream are kept in order.

use std::collections::VecDeque;

use annals_core::{Position, RecordedEvent, StreamId};

use crate::conformance::Random;

/// Of so many orders each is tried; of more, so many at random.
pub(super) const MOST: usize = 500;

/// Which stream the next event is of, by the stream's number: as often as it has events.
type Turns = Vec<usize>;

/// All orders of a log. `None` when there are more than [`MOST`].
pub(super) fn all(log: &[RecordedEvent]) -> Option<Vec<Vec<RecordedEvent>>> {
    let mut turns = turns(log);
    turns.sort_unstable();
    let following = std::iter::successors(Some(turns), next);
    let orders: Vec<_> = following.take(MOST + 1).collect();
    (orders.len() <= MOST).then(|| orders.iter().map(|turns| in_turns(log, turns)).collect())
}

/// One order of a log, each as likely as any other.
pub(super) fn one(log: &[RecordedEvent], random: &mut Random) -> Vec<RecordedEvent> {
    let mut turns = turns(log);
    for place in (1..turns.len()).rev() {
        turns.swap(place, random.below(place + 1));
    }
    in_turns(log, &turns)
}

fn turns(log: &[RecordedEvent]) -> Turns {
    let streams = streams(log);
    let number = |event: &RecordedEvent| {
        let number = streams.iter().position(|stream| **stream == event.stream);
        number.expect("its stream is among them")
    };
    log.iter().map(number).collect()
}

/// The streams of a log, by the first event of each.
fn streams(log: &[RecordedEvent]) -> Vec<&StreamId> {
    let mut streams: Vec<&StreamId> = Vec::new();
    for event in log {
        if !streams.contains(&&event.stream) {
            streams.push(&event.stream);
        }
    }
    streams
}

/// The turns behind these, as a dictionary has them (Knuth: "The Art of Computer Programming" 4A,
/// algorithm L).
fn next(turns: &Turns) -> Option<Turns> {
    let rises = (1..turns.len()).rfind(|&place| turns[place - 1] < turns[place])?;
    let mut turns = turns.clone();
    let low = turns[rises - 1];
    let above = turns.iter().rposition(|&turn| turn > low)?;
    turns.swap(rises - 1, above);
    turns[rises..].reverse();
    Some(turns)
}

/// The log in another order, with positions of that order. All else of an event stays.
fn in_turns(log: &[RecordedEvent], turns: &Turns) -> Vec<RecordedEvent> {
    let mut left: Vec<VecDeque<RecordedEvent>> = streams(log)
        .into_iter()
        .map(|stream| events_of(log, stream).collect())
        .collect();
    let events = turns.iter().zip(1..).map(|(&turn, position)| {
        let event = left[turn].pop_front();
        RecordedEvent {
            position: Position(position),
            ..event.expect("a stream has a turn for each event")
        }
    });
    events.collect()
}

fn events_of(log: &[RecordedEvent], stream: &StreamId) -> impl Iterator<Item = RecordedEvent> {
    let events = log.iter().filter(move |event| event.stream == *stream);
    events.cloned()
}
