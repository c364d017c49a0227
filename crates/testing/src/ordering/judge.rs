//! The judgement: what the log must be, given what was acknowledged, and what a follower must have
//! seen of it.

use std::collections::HashMap;

use annals_core::{AppendId, Position, RecordedEvent, StreamId, StreamVersion};

use super::ledger::Entry;
use super::trail::Trail;

#[cfg(test)]
mod tests;

/// The log is dense and holds what was acknowledged, where it was said to be, once, and nothing
/// else.
pub(super) fn log(log: &[RecordedEvent], acknowledged: &[Entry]) {
    assert_dense(log);
    assert_versions(log);
    for entry in acknowledged {
        assert_recorded(log, entry);
    }
    let known: HashMap<AppendId, &Entry> = acknowledged
        .iter()
        .map(|entry| (entry.append.id, entry))
        .collect();
    let events: usize = known
        .values()
        .map(|entry| entry.append.events().count())
        .sum();
    let unknown = log.iter().find(|event| !known.contains_key(&event.append));
    if let Some(event) = unknown {
        panic!("the event at {} was never acknowledged", event.position);
    }
    assert_eq!(
        log.len(),
        events,
        "each acknowledged event is recorded once"
    );
}

/// A follower saw the log, as far as it asked for it, in order, and its checkpoint never moved over
/// anything that it had not seen.
pub(super) fn trail(trail: &Trail, log: &[RecordedEvent]) {
    let follower = &trail.follower;
    assert_in_order(trail);
    let asked = |event: &&RecordedEvent| {
        event.position > trail.after
            && event.position <= trail.checkpoint()
            && trail
                .query
                .matches(&event.stream, &event.event_type, &event.tags)
    };
    let expected: Vec<&RecordedEvent> = log.iter().filter(asked).collect();
    for event in &expected {
        let seen = trail
            .seen
            .binary_search_by_key(&event.position, |seen| seen.position);
        let position = event.position;
        match seen {
            Ok(index) => assert_eq!(trail.seen[index], **event, "the follower that {follower}"),
            Err(_) => panic!("the follower that {follower} missed the event at {position}"),
        }
    }
    assert_eq!(
        trail.seen.len(),
        expected.len(),
        "the follower that {follower} saw more than the log"
    );
    for (checkpoint, seen) in &trail.checkpoints {
        let before = expected.partition_point(|event| event.position <= *checkpoint);
        assert_eq!(
            *seen, before,
            "events that the follower that {follower} had seen at checkpoint {checkpoint}"
        );
    }
}

fn assert_dense(log: &[RecordedEvent]) {
    for (event, position) in log.iter().zip(1..) {
        assert_eq!(
            event.position,
            Position(position),
            "positions are dense, from 1"
        );
    }
}

fn assert_versions(log: &[RecordedEvent]) {
    let mut versions: HashMap<&StreamId, StreamVersion> = HashMap::new();
    for event in log {
        let version = versions.entry(&event.stream).or_default();
        *version = version.next();
        let (stream, position) = (&event.stream, event.position);
        assert_eq!(
            event.version, *version,
            "version in {stream} of the event at {position}"
        );
    }
}

fn assert_recorded(log: &[RecordedEvent], entry: &Entry) {
    let appended = &entry.appended;
    let (first, last) = (appended.first, appended.last);
    let place = index(first)..index(last) + 1;
    let Some(recorded) = log.get(place) else {
        panic!("what was acknowledged at {first} to {last} is not in the log");
    };
    assert_eq!(
        recorded.len(),
        entry.append.events().count(),
        "{appended:?}"
    );
    for (event, new) in recorded.iter().zip(entry.append.events()) {
        assert!(event.is_record_of(new), "{event:?} is recorded for {new:?}");
        assert_eq!(event.append, appended.id, "the append of {event:?}");
    }
}

fn assert_in_order(trail: &Trail) {
    let follower = &trail.follower;
    let mut before = trail.after;
    for event in &trail.seen {
        let position = event.position;
        assert!(
            position > before,
            "the follower that {follower} saw {position} after {before}"
        );
        before = position;
    }
    let mut before = trail.after;
    for (checkpoint, _) in &trail.checkpoints {
        assert!(
            *checkpoint >= before,
            "the follower that {follower} was at {before}, then at {checkpoint}"
        );
        before = *checkpoint;
    }
}

fn index(position: Position) -> usize {
    let index = position.0.checked_sub(1).expect("positions count from 1");
    usize::try_from(index).expect("a log of the suite fits in memory")
}
