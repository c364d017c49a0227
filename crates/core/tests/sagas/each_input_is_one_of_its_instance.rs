use std::collections::BTreeSet;

use annals_core::{Answer, Asked, EventId, EventType, Position, SagaInput, Timestamp};
use serde_json::Value;
use uuid::Uuid;

fn event(id: u128, part: usize) -> SagaInput {
    SagaInput::Event {
        position: Position(1),
        id: EventId(Uuid::from_u128(id)),
        part,
        event_type: EventType::new("ErrandAsked").unwrap(),
    }
}

fn answer(number: u64, attempt: u32) -> SagaInput {
    SagaInput::Answer {
        call: "reserve".to_owned(),
        number,
        attempt,
        answer: Answer::Done(Value::Null),
    }
}

fn failure(number: u64, attempt: u32) -> SagaInput {
    SagaInput::Failure {
        call: "reserve".to_owned(),
        number,
        attempt,
        error: "busy".to_owned(),
        not_before: Timestamp::UNIX_EPOCH,
    }
}

fn timer(number: u64) -> SagaInput {
    SagaInput::Timer {
        name: "timeout".to_owned(),
        number,
    }
}

fn asked(id: &str) -> SagaInput {
    SagaInput::Asked {
        asked: Asked::Retry,
        by: "carol".to_owned(),
        id: id.to_owned(),
    }
}

#[test]
fn what_is_told_anew_has_a_key_of_its_own() {
    let inputs = [
        event(1, 0),
        event(1, 1),
        event(2, 0),
        answer(1, 1),
        answer(1, 2),
        answer(2, 1),
        timer(1),
        timer(2),
        asked("1"),
        asked("2"),
    ];
    let keys: BTreeSet<_> = inputs.iter().map(SagaInput::key).collect();
    assert_eq!(keys.len(), inputs.len(), "{keys:?}");
}

#[test]
fn an_attempt_comes_to_one_thing_only() {
    assert_eq!(failure(1, 2).key(), answer(1, 2).key());
}
