//! Names and limits are checked at the door: one below, at, and one above each limit.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use annals_core::limits::{
    APPEND_BYTES, APPEND_EVENTS, EVENT_BYTES, EVENT_TAGS, METADATA_BYTES, NAME_BYTES, QUERY_ITEMS,
    TRACE_STATE_BYTES,
};
use annals_core::{
    Append, EventId, EventType, ExpectedVersion, InvalidAppend, Metadata, NameFault, NewEvent,
    Position, Query, QueryItem, StreamId, StreamWrite, Tag,
};
use serde_json::Value;
use uuid::Uuid;

fn event(number: usize, payload: usize) -> NewEvent {
    let event_type = EventType::new("Happened").unwrap();
    let id = EventId(Uuid::from_u128(number as u128));
    NewEvent::json(id, event_type, vec![b' '; payload])
}

fn append(events: Vec<NewEvent>) -> Append {
    Append::to("A-1".parse().unwrap(), ExpectedVersion::Any, events)
}

#[test]
fn a_stream_id_is_split_at_the_first_dash() {
    let stream: StreamId = "BankAccount-acc-123-".parse().unwrap();
    assert_eq!(stream.category(), "BankAccount");
    assert_eq!(stream.id(), "acc-123-");
    assert_eq!(StreamId::new("BankAccount", "acc-123-").unwrap(), stream);
}

#[test]
fn a_stream_id_without_category_or_id_is_refused() {
    for text in ["A", "-1", "A-", "-"] {
        let refused = text.parse::<StreamId>().unwrap_err();
        assert_eq!(refused.fault, NameFault::NotCategoryAndId, "{text}");
    }
    let refused = StreamId::new("Bank-Account", "1").unwrap_err();
    assert_eq!(refused.fault, NameFault::DashInCategory);
}

#[test]
fn a_name_holds_at_most_its_limit_and_no_control_characters() {
    for length in [NAME_BYTES - 1, NAME_BYTES] {
        assert!(Tag::new("x".repeat(length)).is_ok());
    }
    let fault = |text: &str| Tag::new(text).unwrap_err().fault;
    assert_eq!(fault(&"x".repeat(NAME_BYTES + 1)), NameFault::TooLong);
    assert_eq!(fault(""), NameFault::Empty);
    assert_eq!(fault("a\nb"), NameFault::ControlCharacter);
}

#[test]
fn a_payload_holds_at_most_its_limit() {
    for bytes in [EVENT_BYTES - 1, EVENT_BYTES] {
        assert_eq!(append(vec![event(1, bytes)]).validate(), Ok(()));
    }
    let refused = append(vec![event(1, EVENT_BYTES + 1)]).validate();
    assert!(matches!(refused, Err(InvalidAppend::EventTooLarge { .. })));
}

#[test]
fn an_append_holds_at_most_its_events() {
    let events = |count| (0..count).map(|number| event(number, 2)).collect();
    for count in [APPEND_EVENTS - 1, APPEND_EVENTS] {
        assert_eq!(append(events(count)).validate(), Ok(()));
    }
    let refused = append(events(APPEND_EVENTS + 1)).validate();
    assert!(matches!(refused, Err(InvalidAppend::TooManyEvents { .. })));
}

#[test]
fn an_append_holds_at_most_its_bytes() {
    // Seven full events, and one that fills up the rest: names count too.
    let names = "Happened".len() + "application/json".len();
    let rest = APPEND_BYTES - 7 * (EVENT_BYTES + names) - names;
    let filled = |last: usize| {
        let mut events: Vec<NewEvent> = (0..7).map(|number| event(number, EVENT_BYTES)).collect();
        events.push(event(7, last));
        append(events).validate()
    };
    assert_eq!(filled(rest - 1), Ok(()));
    assert_eq!(filled(rest), Ok(()));
    let bytes = APPEND_BYTES + 1;
    assert_eq!(filled(rest + 1), Err(InvalidAppend::TooManyBytes { bytes }));
}

#[test]
fn metadata_holds_at_most_its_limit() {
    let around = r#"{"custom":{"k":""}}"#.len();
    let with = |length: usize| {
        let mut event = event(1, 2);
        let value = Value::String("x".repeat(length - around));
        event.metadata = Metadata {
            custom: [("k".to_owned(), value)].into_iter().collect(),
            ..Metadata::default()
        };
        append(vec![event]).validate()
    };
    assert_eq!(with(METADATA_BYTES - 1), Ok(()));
    assert_eq!(with(METADATA_BYTES), Ok(()));
    let refused = with(METADATA_BYTES + 1);
    assert!(matches!(
        refused,
        Err(InvalidAppend::MetadataTooLarge { bytes, .. }) if bytes == METADATA_BYTES + 1
    ));
}

#[test]
fn each_text_of_the_metadata_holds_at_most_its_limit() {
    type Place = fn(&mut Metadata) -> &mut Option<String>;
    let texts: [(&str, usize, Place); 5] = [
        ("correlation", NAME_BYTES, |it| &mut it.correlation),
        ("causation", NAME_BYTES, |it| &mut it.causation),
        ("actor", NAME_BYTES, |it| &mut it.actor),
        ("traceParent", NAME_BYTES, |it| &mut it.trace_parent),
        ("traceState", TRACE_STATE_BYTES, |it| &mut it.trace_state),
    ];
    for (name, limit, place) in texts {
        let with = |bytes: usize| {
            let mut event = event(1, 2);
            *place(&mut event.metadata) = Some("x".repeat(bytes));
            append(vec![event]).validate()
        };
        assert_eq!(with(limit - 1), Ok(()), "{name}");
        assert_eq!(with(limit), Ok(()), "{name}");
        let refused = InvalidAppend::MetadataTextTooLong {
            event: event(1, 2).id,
            field: name,
            bytes: limit + 1,
            limit,
        };
        assert_eq!(with(limit + 1), Err(refused));
    }
}

#[test]
fn an_event_has_at_most_its_tags() {
    let with = |count: usize| {
        let tagged = (0..count).fold(event(1, 2), |event, number| {
            event.tagged(Tag::new(format!("t:{number}")).unwrap())
        });
        append(vec![tagged]).validate()
    };
    assert_eq!(with(EVENT_TAGS), Ok(()));
    assert!(matches!(
        with(EVENT_TAGS + 1),
        Err(InvalidAppend::TooManyTags { .. })
    ));
}

#[test]
fn a_condition_has_at_most_its_items() {
    let with = |items: usize| {
        let query = Query::any_of((0..items).map(|_| QueryItem::default()));
        append(vec![event(1, 2)])
            .unless(query, Position::START)
            .validate()
    };
    assert_eq!(with(QUERY_ITEMS), Ok(()));
    assert_eq!(with(QUERY_ITEMS + 1), Err(InvalidAppend::QueryTooLarge));
}

#[test]
fn a_condition_asks_for_categories_that_can_be() {
    let with = |category: &str| {
        append(vec![event(1, 2)])
            .unless(Query::category(category), Position::START)
            .validate()
    };
    assert_eq!(with(&"A".repeat(NAME_BYTES)), Ok(()));
    for category in ["", "no\0such", &"A".repeat(NAME_BYTES + 1)] {
        let refused = with(category);
        assert!(
            matches!(refused, Err(InvalidAppend::QueryCategory(_))),
            "{category}: {refused:?}"
        );
    }
}

#[test]
fn an_append_takes_the_bytes_of_all_that_is_in_it() {
    let plain = append(vec![event(1, 100)]);
    let names = "Happened".len() + "application/json".len();
    assert_eq!(plain.measure(), Ok(100 + names));
    let mut tagged = plain.clone();
    tagged.writes[0].events[0].tags = vec![Tag::new("t:1").unwrap()];
    tagged.writes[0].events[0].metadata.actor = Some("ada".to_owned());
    let metadata = r#"{"actor":"ada"}"#.len();
    assert_eq!(tagged.measure(), Ok(100 + names + 3 + metadata));
    let item = QueryItem::default()
        .categories(["Account"])
        .types([EventType::new("Opened").unwrap()])
        .tags([Tag::new("t:22").unwrap()]);
    let conditional = plain.unless(Query::any_of([item]), Position::START);
    assert_eq!(conditional.measure(), Ok(100 + names + 7 + 6 + 4));
}

#[test]
fn an_append_names_each_stream_and_each_event_once() {
    assert_eq!(append(vec![]).validate(), Err(InvalidAppend::Empty));
    let twice = append(vec![event(1, 2), event(1, 2)]).validate();
    assert!(matches!(twice, Err(InvalidAppend::EventTwice { .. })));
    let write = |number| StreamWrite {
        stream: "A-1".parse().unwrap(),
        expected: ExpectedVersion::Any,
        events: vec![event(number, 2)],
    };
    let twice = Append::to_streams(vec![write(1), write(2)]).validate();
    assert!(matches!(twice, Err(InvalidAppend::StreamTwice { .. })));
}

#[test]
fn metadata_that_could_not_be_read_back_is_refused() {
    let with = |value: Value| {
        let mut event = event(1, 2);
        event.metadata.custom = [("k".to_owned(), value)].into_iter().collect();
        append(vec![event]).validate()
    };
    let nested = |depth: usize| (0..depth).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    assert_eq!(with(nested(100)), Ok(()));
    let refused = with(nested(126));
    assert!(matches!(
        refused,
        Err(InvalidAppend::MetadataUnreadable { .. })
    ));
    // A fraction that a careless reader brings back one unit in the last place off.
    assert_eq!(with(Value::from(0.945_270_695_553_922_3)), Ok(()));
}

#[test]
fn schema_versions_count_from_1() {
    let mut event = event(1, 2);
    event.schema_version = 0;
    let refused = append(vec![event]).validate();
    assert!(matches!(
        refused,
        Err(InvalidAppend::NoSchemaVersion { .. })
    ));
}
