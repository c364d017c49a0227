//! What is parked when an event cannot be applied, and what goes on.

use super::*;
use crate::dead_letter::{DeadLetter, Failure, ParkCause, Tried};
use crate::parking::{Parking, PartitionKey};

fn poison(position: u64, account: &str) -> RecordedEvent {
    recorded(position, account, &AccountEvent::Poisoned)
}

fn transfer(position: u64, from: &str, to: &str) -> RecordedEvent {
    let to = to.to_owned();
    recorded(position, from, &AccountEvent::Transferred { cents: 1, to })
}

fn unreadable(position: u64, account: &str) -> RecordedEvent {
    let mut event = deposit(position, account, 1);
    event.data = Bytes::from_static(b"{}");
    event
}

fn row(account: &str) -> PartitionKey {
    PartitionKey::of_row(&[text(account)])
}

/// Folds balances from nothing. Gives the rows, and what was parked.
fn fold(mut folding: Folding, events: &[RecordedEvent]) -> (Vec<Vec<Value>>, Vec<DeadLetter>) {
    while let Progress::Missing(rows) = folding.advance(events).unwrap() {
        for (table, key) in rows {
            folding.loaded(table, key, None);
        }
    }
    let (mut writes, handled) = folding.finish();
    let rows = writes.remove(0).put.into_iter();
    (rows.map(|row| row.values).collect(), handled.parked)
}

fn begin(parking: Parking) -> Folding {
    TableFold::of_rows::<Balance>().begin_with(parking)
}

fn tried() -> Tried {
    Tried {
        attempts: 5,
        code_version: "1.2".to_owned(),
        at: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn balances() -> Folding {
    begin(Parking::of_failures(tried()))
}

fn positions(parked: &[DeadLetter]) -> Vec<(u64, Option<u64>)> {
    let cause = |parked: &DeadLetter| match parked.cause {
        ParkCause::Waits(first) => Some(first.0),
        ParkCause::Failed(_) => None,
    };
    let parked = parked.iter();
    parked
        .map(|parked| (parked.position.0, cause(parked)))
        .collect()
}

#[test]
fn later_events_of_its_row_wait_for_the_one_that_failed_and_others_go_on() {
    let events = [
        deposit(1, "a", 5),
        poison(2, "a"),
        deposit(3, "b", 7),
        deposit(4, "a", 5),
    ];
    let (rows, parked) = fold(balances(), &events);
    assert_eq!(
        rows,
        [
            [text("a"), Value::Integer(5)],
            [text("b"), Value::Integer(7)]
        ]
    );
    assert_eq!(positions(&parked), [(2, None), (4, Some(2))]);
    assert_eq!(parked[0].keys, [row("a")]);
}

#[test]
fn an_event_of_several_rows_waits_with_all_of_them() {
    let events = [
        poison(1, "a"),
        transfer(2, "b", "a"),
        deposit(3, "b", 1),
        deposit(4, "c", 1),
    ];
    let (rows, parked) = fold(balances(), &events);
    assert_eq!(rows, [[text("c"), Value::Integer(1)]]);
    assert_eq!(positions(&parked), [(1, None), (2, Some(1)), (3, Some(2))]);
}

#[test]
fn an_event_that_cannot_be_read_is_waited_for_by_its_stream() {
    let events = [
        unreadable(1, "a"),
        deposit(2, "a", 1),
        transfer(3, "b", "a"),
    ];
    let (rows, parked) = fold(balances(), &events);
    assert!(rows.is_empty(), "{rows:?}");
    assert_eq!(positions(&parked), [(1, None), (2, Some(1)), (3, Some(2))]);
    let stream = PartitionKey::of_stream(&events[0].stream);
    assert_eq!(parked[0].keys, [stream]);
}

#[test]
fn what_was_parked_before_is_waited_for() {
    let mut parking = Parking::default();
    for position in [7, 3] {
        let (_, letters) = fold(balances(), &[poison(position, "a")]);
        parking.wait_behind(letters[0].clone());
    }
    let events = [deposit(2, "a", 4), deposit(4, "a", 1), deposit(5, "b", 1)];
    let (rows, parked) = fold(begin(parking), &events);
    assert_eq!(
        rows,
        [
            [text("a"), Value::Integer(4)],
            [text("b"), Value::Integer(1)]
        ]
    );
    assert_eq!(positions(&parked), [(4, Some(3))]);
}

#[test]
fn an_event_that_failed_elsewhere_is_parked_without_a_try() {
    let mut parking = Parking::default();
    let failure = Failure {
        error: "refused".to_owned(),
        tried: tried(),
    };
    parking.fail(Position(1), failure.clone());
    let events = [deposit(1, "a", 1), deposit(2, "a", 1), deposit(3, "b", 1)];
    let (rows, parked) = fold(begin(parking), &events);
    assert_eq!(rows, [[text("b"), Value::Integer(1)]]);
    assert_eq!(positions(&parked), [(1, None), (2, Some(1))]);
    assert_eq!(parked[0].cause, ParkCause::Failed(failure));
}

#[test]
fn without_a_place_for_it_a_failure_fails_the_batch() {
    let folding = &mut TableFold::of_rows::<Balance>().begin();
    let events = [poison(1, "a")];
    let Ok(Progress::Missing(rows)) = folding.advance(&events) else {
        panic!("the row is not there yet")
    };
    for (table, key) in rows {
        folding.loaded(table, key, None);
    }
    assert_eq!(
        failed_event(folding.advance(&events).unwrap_err()),
        Position(1)
    );
}
