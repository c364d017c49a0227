//! Each kind of evidence convicts.

use annals_core::{Append, Appended, Delivery, Keys, Query, Timestamp};

use super::*;
use crate::conformance::sample;

/// What was acknowledged, and the log of it: three appends of two events to one stream.
fn case() -> (Vec<Entry>, Vec<RecordedEvent>) {
    let mut log = Vec::new();
    let entries = (0..3).map(|number| {
        let append = sample::append("Account-1", sample::events(2 * number..2 * number + 2));
        let first = Position(log.len() as u64 + 1);
        record(&append, &mut log);
        let appended = Appended {
            id: append.id,
            first,
            last: first.next(),
            versions: Vec::new(),
        };
        Entry { append, appended }
    });
    let entries = entries.collect();
    (entries, log)
}

fn record(append: &Append, log: &mut Vec<RecordedEvent>) {
    for new in append.events() {
        log.push(RecordedEvent {
            position: Position(log.len() as u64 + 1),
            stream: append.writes[0].stream.clone(),
            version: StreamVersion(log.len() as u64 + 1),
            id: new.id,
            append: append.id,
            event_type: new.event_type.clone(),
            schema_version: new.schema_version,
            content_type: new.content_type.clone(),
            data: new.data.clone(),
            tags: new.tags.clone(),
            metadata: new.metadata.clone(),
            recorded_at: Timestamp::UNIX_EPOCH,
            keys: Keys::default(),
        });
    }
}

/// What a follower of everything saw that was delivered this.
fn trail_of(deliveries: impl IntoIterator<Item = Delivery>) -> Trail {
    let mut trail = Trail {
        follower: "is made up".to_owned(),
        query: Query::all(),
        after: Position::START,
        seen: Vec::new(),
        checkpoints: Vec::new(),
    };
    deliveries
        .into_iter()
        .for_each(|delivery| trail.note(delivery));
    trail
}

/// The events at these positions.
fn delivered(log: &[RecordedEvent], positions: &[usize]) -> Vec<Delivery> {
    let event = |position: &usize| Delivery::Event(Box::new(log[position - 1].clone()));
    positions.iter().map(event).collect()
}

fn judge_delivered(positions: &[usize]) {
    let (_, log) = case();
    trail(&trail_of(delivered(&log, positions)), &log);
}

#[test]
fn what_is_right_is_not_convicted() {
    let (acknowledged, recorded) = case();
    log(&recorded, &acknowledged);
    judge_delivered(&[1, 2, 3, 4, 5, 6]);
    judge_delivered(&[1, 2, 3]);
}

#[test]
#[should_panic(expected = "missed the event at 4")]
fn a_missed_event_convicts() {
    judge_delivered(&[1, 2, 3, 5, 6]);
}

#[test]
#[should_panic(expected = "saw 3 after 3")]
fn a_repeated_event_convicts() {
    judge_delivered(&[1, 2, 3, 3, 4]);
}

#[test]
#[should_panic(expected = "saw 2 after 3")]
fn a_reordered_event_convicts() {
    judge_delivered(&[1, 3, 2, 4]);
}

#[test]
#[should_panic(expected = "had seen at checkpoint 5")]
fn a_mark_before_an_event_that_it_covers_convicts() {
    let (_, log) = case();
    let mut deliveries = delivered(&log, &[1, 2, 3, 4]);
    deliveries.push(Delivery::CaughtUp(Position(5)));
    deliveries.extend(delivered(&log, &[5, 6]));
    let told = trail_of(deliveries);
    trail(&told, &log);
}

#[test]
#[should_panic(expected = "was at 4, then at 3")]
fn a_mark_that_goes_back_convicts() {
    let (_, log) = case();
    let mut deliveries = delivered(&log, &[1, 2, 3, 4]);
    deliveries.push(Delivery::CaughtUp(Position(3)));
    trail(&trail_of(deliveries), &log);
}

#[test]
#[should_panic(expected = "positions are dense")]
fn a_gap_in_the_log_convicts() {
    let (acknowledged, mut recorded) = case();
    recorded.remove(3);
    log(&recorded, &acknowledged);
}

#[test]
#[should_panic(expected = "is not in the log")]
fn a_lost_append_convicts() {
    let (acknowledged, mut recorded) = case();
    recorded.truncate(4);
    log(&recorded, &acknowledged);
}

#[test]
#[should_panic(expected = "was never acknowledged")]
fn an_append_that_was_rolled_back_and_shows_convicts() {
    let (mut acknowledged, recorded) = case();
    acknowledged.pop();
    log(&recorded, &acknowledged);
}

#[test]
#[should_panic(expected = "is recorded once")]
fn an_append_that_is_recorded_twice_convicts() {
    let (acknowledged, mut recorded) = case();
    record(&acknowledged[2].append, &mut recorded);
    log(&recorded, &acknowledged);
}

#[test]
#[should_panic(expected = "version in Account-1")]
fn a_version_that_is_given_twice_convicts() {
    let (acknowledged, mut recorded) = case();
    recorded[4].version = recorded[3].version;
    log(&recorded, &acknowledged);
}
