use annals_core::{
    Appended, EventId, EventType, ExpectedVersion, Keys, Metadata, NewEvent, Position, Query,
    StreamVersion,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::*;

/// Two appends of two events each; the second one was unconfirmed.
fn journal() -> [Entry; 2] {
    let append = |number: u128| {
        let event = |id| {
            NewEvent::json(
                EventId(Uuid::from_u128(id)),
                EventType::new("LoadAdded").unwrap(),
                "1",
            )
        };
        let stream: StreamId = format!("Load-{number}").parse().unwrap();
        Append::to(
            stream,
            ExpectedVersion::Any,
            vec![event(10 * number), event(10 * number + 1)],
        )
    };
    let (first, second) = (append(1), append(2));
    let appended = Appended {
        id: first.id,
        first: Position(1),
        last: Position(2),
        versions: vec![(first.writes[0].stream.clone(), StreamVersion(2))],
    };
    [
        Entry {
            append: first,
            told: Told::Recorded(appended),
        },
        Entry {
            append: second,
            told: Told::Unconfirmed,
        },
    ]
}

/// What a store holds that recorded these appends.
fn recorded(entries: &[Entry]) -> Vec<RecordedEvent> {
    let mut history = Vec::new();
    for Entry { append, .. } in entries {
        for (event, version) in append.events().zip(1..) {
            history.push(RecordedEvent {
                position: Position(history.len() as u64 + 1),
                stream: append.writes[0].stream.clone(),
                version: StreamVersion(version),
                id: event.id,
                append: append.id,
                event_type: event.event_type.clone(),
                schema_version: event.schema_version,
                content_type: event.content_type.clone(),
                data: event.data.clone(),
                tags: Vec::new(),
                metadata: Metadata::default(),
                recorded_at: Timestamp::UNIX_EPOCH,
                keys: Keys::default(),
            });
        }
    }
    history
}

fn compared(history: &[RecordedEvent], journal: &[Entry]) -> Result<Counts, String> {
    let journal: Vec<&Entry> = journal.iter().collect();
    compare(history, &journal)
}

fn lie(history: &[RecordedEvent], journal: &[Entry]) -> String {
    compared(history, journal).unwrap_err()
}

#[test]
fn an_unconfirmed_append_may_be_there_or_not() {
    let journal = journal();
    let with = compared(&recorded(&journal), &journal).unwrap();
    assert_eq!(
        (with.acknowledged, with.recorded_unheard, with.not_recorded),
        (1, 1, 0)
    );
    let without = compared(&recorded(&journal[..1]), &journal).unwrap();
    assert_eq!(
        (
            without.acknowledged,
            without.recorded_unheard,
            without.not_recorded
        ),
        (1, 0, 1)
    );
}

#[test]
fn a_lost_append_is_convicted() {
    assert!(lie(&[], &journal()).ends_with("is lost"));
}

#[test]
fn half_an_append_is_convicted() {
    let journal = journal();
    assert!(lie(&recorded(&journal)[..3], &journal).contains("is not there as it was asked for"));
}

#[test]
fn an_append_that_moved_is_convicted() {
    let [first, second] = journal();
    let history = recorded(&[second, first]);
    assert!(lie(&history, &journal()).ends_with("is not where it was acknowledged"));
}

#[test]
fn a_refused_append_that_is_there_is_convicted() {
    let mut journal = journal();
    journal[1].told = Told::Unavailable;
    assert!(lie(&recorded(&journal), &journal).ends_with("was refused, and is there"));
}

#[test]
fn an_append_that_lost_to_another_is_not_missed() {
    let mut journal = journal();
    journal[1].told = Told::Refused;
    assert_eq!(
        compared(&recorded(&journal[..1]), &journal)
            .unwrap()
            .refused,
        1
    );
    assert!(lie(&recorded(&journal), &journal).ends_with("was refused, and is there"));
}

#[test]
fn an_append_to_a_stream_that_was_not_as_expected_is_convicted() {
    let mut journal = journal();
    journal[1].append.writes[0].expected = ExpectedVersion::At(StreamVersion(1));
    assert!(lie(&recorded(&journal), &journal).ends_with("was taken although Load-2 was at 0"));
}

#[test]
fn an_append_against_its_condition_is_convicted() {
    let mut journal = journal();
    let seen_all = journal[1]
        .append
        .clone()
        .unless(Query::category("Load"), Position(2));
    let not_all = journal[1]
        .append
        .clone()
        .unless(Query::category("Load"), Position(1));
    journal[1].append = seen_all;
    assert!(compared(&recorded(&journal), &journal).is_ok());
    journal[1].append = not_all;
    assert!(lie(&recorded(&journal), &journal).ends_with("in spite of the event at 2"));
}

#[test]
fn an_append_recorded_twice_is_convicted() {
    let journal = journal();
    let mut history = recorded(&journal[..1]);
    let mut again = history.clone();
    for event in &mut again {
        event.position.0 += 2;
        event.version.0 += 2;
    }
    history.extend(again);
    assert!(lie(&history, &journal).contains("is not there as it was asked for"));
}

#[test]
fn a_gap_is_convicted() {
    let journal = journal();
    let mut history = recorded(&journal);
    history.remove(1);
    assert!(lie(&history, &journal).contains("should be at 2"));
}

#[test]
fn an_append_that_nobody_asked_for_is_convicted() {
    let journal = journal();
    assert!(lie(&recorded(&journal), &journal[..1]).starts_with("nobody asked for"));
}
