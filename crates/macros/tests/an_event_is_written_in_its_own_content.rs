//! What `#[derive(Event)]` promises of how payloads are written.

mod stored;

use annals_core::payload::Format;
use annals_core::{Event, EventId, Metadata, decode};
use annals_macros::Event;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use stored::recorded;

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
enum ReportEvent {
    #[event(content = "json")]
    Begun { title: String },
    #[event(content = "messagepack")]
    Measured { values: Vec<f64> },
    #[event(content = "messagepack", compress)]
    Written { text: String },
}

fn measured() -> ReportEvent {
    let values = vec![0.5; 4];
    ReportEvent::Measured { values }
}

fn written() -> ReportEvent {
    let text = "a word ".repeat(1000);
    ReportEvent::Written { text }
}

#[test]
fn an_event_is_stored_as_is_declared_and_reads_back() {
    let title = "Measurements".to_owned();
    let begun = ReportEvent::Begun { title };
    let contents = [
        "application/json",
        "application/msgpack",
        "application/msgpack+gzip",
    ];
    for (event, content) in [begun, measured(), written()].into_iter().zip(contents) {
        let new = event.to_new(EventId(Uuid::nil()), Metadata::default());
        let new = new.unwrap();
        assert_eq!(new.content_type.as_str(), content);
        let mut record = recorded(new.event_type.as_str(), 1, new.data.to_vec());
        record.content_type = new.content_type;
        assert_eq!(decode::<ReportEvent>(record).unwrap()[0].event, event);
    }
}

#[test]
fn a_payload_that_was_to_be_compressed_is_smaller_than_its_text() {
    let new = written().to_new(EventId(Uuid::nil()), Metadata::default());
    assert!(new.unwrap().data.len() < 7000 / 10);
}

#[test]
fn content_is_json_and_not_compressed_unless_declared() {
    let declared = ReportEvent::SCHEMAS.iter();
    let declared: Vec<_> = declared.map(|it| (it.format, it.is_compressed)).collect();
    let expected = [
        (Format::Json, false),
        (Format::MessagePack, false),
        (Format::MessagePack, true),
    ];
    assert_eq!(declared, expected);
}
