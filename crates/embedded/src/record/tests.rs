use annals_core::{
    AppendId, Bytes, ContentType, EventId, EventType, Metadata, NewEvent, Position, StreamId,
    StreamVersion, Tag, Timestamp,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::{Place, RecordError, decode, encode};

fn sample() -> NewEvent {
    let event_type = EventType::new("MoneyDeposited").unwrap();
    NewEvent {
        schema_version: 3,
        content_type: ContentType::new("application/msgpack").unwrap(),
        tags: vec![Tag::new("owner:ö").unwrap(), Tag::new("a b").unwrap()],
        metadata: Metadata {
            actor: Some("teller".to_owned()),
            business_time: Some("1993-01-01T00:00:00Z".parse().unwrap()),
            ..Metadata::default()
        },
        ..NewEvent::json(EventId(Uuid::from_u128(7)), event_type, vec![0, 1, 255])
    }
}

fn encoded(event: &NewEvent) -> Bytes {
    let stream: StreamId = "BankAccount-acc-123".parse().unwrap();
    let place = Place {
        append: AppendId(Uuid::from_u128(9)),
        stream: &stream,
        version: StreamVersion(4),
        recorded_at: Timestamp::from_microsecond(1_700_000_000_123_456).unwrap(),
        index: 1,
        count: 2,
    };
    let mut bytes = Vec::new();
    encode(event, &place, &mut bytes);
    bytes.into()
}

#[test]
fn a_record_comes_back_as_it_was_written() {
    let event = sample();
    let record = decode(Position(11), &encoded(&event)).unwrap();
    assert!(record.event.is_record_of(&event));
    assert_eq!(record.event.position, Position(11));
    assert_eq!(record.event.version, StreamVersion(4));
    assert_eq!(record.event.stream.as_str(), "BankAccount-acc-123");
    assert_eq!(record.event.append, AppendId(Uuid::from_u128(9)));
    assert_eq!(
        record.event.recorded_at.as_microsecond(),
        1_700_000_000_123_456
    );
}

#[test]
fn a_record_cut_anywhere_is_refused() {
    let bytes = encoded(&sample());
    for length in 0..bytes.len() {
        let cut = decode(Position(2), &bytes.slice(..length));
        assert!(matches!(cut, Err(RecordError::Short(_))), "cut at {length}");
    }
}

#[test]
fn a_record_of_a_newer_format_is_refused_by_name() {
    let mut bytes = encoded(&sample()).to_vec();
    bytes[0] = 2;
    let newer = decode(Position(1), &bytes.into());
    assert!(matches!(newer, Err(RecordError::UnknownFormat(2))));
}

#[test]
fn bytes_behind_the_payload_are_refused() {
    let mut bytes = encoded(&sample()).to_vec();
    bytes.push(0);
    let longer = decode(Position(2), &bytes.into());
    assert!(matches!(longer, Err(RecordError::Long)));
}

#[test]
fn a_record_that_cannot_lie_where_it_is_is_refused() {
    // It says that it is the second event of its append, and lies first in the store.
    let misplaced = decode(Position(1), &encoded(&sample()));
    assert!(matches!(misplaced, Err(RecordError::Invalid(_))));
}

/// The bytes of format 1, written down once: a store written today must open for ever.
#[test]
fn a_record_of_format_1_is_still_read() {
    let event = NewEvent::json(
        EventId(Uuid::from_u128(0x22)),
        EventType::new("Opened").unwrap(),
        &b"{}"[..],
    );
    let golden = [
        "01",                               // format
        "00000000000000000000000000000011", // append id
        "00000000000000000000000000000022", // event id
        "40420f0000000000",                 // 1,000,000 µs after 1970
        "0100000000000000",                 // stream version 1
        "01000000",                         // schema version 1
        "0000",                             // first event of its append …
        "0100",                             // … of one
        "0300",                             // stream id:
        "412d31",
        "0600",                             // event type:
        "4f70656e6564",                     // Opened
        "0000",                             // content type: JSON
        "0000",                             // no tags
        "00000000",                         // no metadata
        "02000000",                         // payload:
        "7b7d",                             // {}
    ]
    .concat();
    let golden: Vec<u8> = (0..golden.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&golden[at..at + 2], 16).unwrap())
        .collect();
    let record = decode(Position(1), &Bytes::from(golden)).unwrap();
    assert!(record.event.is_record_of(&event));
    assert_eq!(record.event.append, AppendId(Uuid::from_u128(0x11)));
    assert_eq!(record.event.stream.as_str(), "A-1");
    assert_eq!(record.event.recorded_at.as_microsecond(), 1_000_000);
}

proptest! {
    #[test]
    fn no_bytes_make_decoding_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut known_format = bytes.clone();
        known_format.insert(0, 1);
        let _ = decode(Position(1), &bytes.into());
        let _ = decode(Position(1), &known_format.into());
    }

    #[test]
    fn one_changed_byte_never_panics(at in 0usize..200, to in any::<u8>()) {
        let mut bytes = encoded(&sample()).to_vec();
        let at = at % bytes.len();
        bytes[at] = to;
        let _ = decode(Position(1), &bytes.into());
    }
}
