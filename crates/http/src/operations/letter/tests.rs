use annals_core::{
    AppendId, ContentType, EventId, EventType, IdSource, RandomIds, StreamId, StreamVersion,
};
use serde_json::{Value, json};

use super::*;

fn view(content_type: &str, data: &[u8]) -> Value {
    let event = RecordedEvent {
        position: Position(7),
        stream: StreamId::new("Account", "1").unwrap(),
        version: StreamVersion(3),
        id: EventId(RandomIds.next()),
        append: AppendId(RandomIds.next()),
        event_type: EventType::new("MoneyDeposited").unwrap(),
        schema_version: 2,
        content_type: ContentType::new(content_type).unwrap(),
        data: data.to_vec().into(),
        tags: Vec::new(),
        metadata: Metadata::default(),
        recorded_at: Timestamp::UNIX_EPOCH,
        keys: annals_core::Keys::default(),
    };
    serde_json::to_value(EventView::from(event)).unwrap()
}

#[test]
fn a_payload_in_json_is_shown_as_it_is() {
    let event = view("application/json", br#"{"cents":5}"#);
    assert_eq!(event["data"], json!({ "cents": 5 }));
    assert!(event.get("dataBase64").is_none());
}

#[test]
fn a_payload_in_messagepack_is_shown_as_json() {
    let event = view("application/msgpack", b"\x81\xa5cents\x05");
    assert_eq!(event["data"], json!({ "cents": 5 }));
    assert!(event.get("dataBase64").is_none());
}

#[test]
fn a_payload_that_is_not_what_its_type_says_is_shown_in_base64() {
    for content_type in ["application/json", "application/json+gzip", "image/png"] {
        for (data, base64) in [(&b"\xff\x00"[..], "/wA="), (b"{", "ew=="), (b"", "")] {
            let event = view(content_type, data);
            assert_eq!(event["dataBase64"], base64);
            assert!(event.get("data").is_none());
        }
    }
}
