//! NATS: a message holds the whole CloudEvent, as headers or as one object.

use std::str;

use annals_outbox::{ContentMode, NatsSubjects, Outbox};
use annals_servers::nats_url;
use serde_json::{Value, json};

use crate::doors::{Doors, new_house, openings, tell_all};
use crate::nats_subject::{Subject, header};

async fn told(mode: ContentMode) -> (async_nats::HeaderMap, String, String) {
    let (server, house) = (nats_url(), new_house());
    let subject = Subject::new(&server, &house).await;
    let nats = NatsSubjects::at(&server, &house).unwrap();
    let outbox = Outbox::new(Doors, nats.in_mode(mode));
    tell_all(&outbox, &openings(&house, 1)).await;
    let message = subject.messages().await.remove(0);
    let payload = str::from_utf8(&message.payload).unwrap().to_owned();
    (message.headers.clone().unwrap(), payload, house)
}

#[tokio::test]
async fn a_binary_message_tells_in_headers_what_happened_and_where() {
    let (headers, payload, house) = told(ContentMode::Binary).await;
    assert_eq!(payload, r#"{"by":"me"}"#);
    for (name, value) in [
        ("ce-specversion", "1.0"),
        ("ce-source", "https://house.example/%C3%A4"),
        ("ce-type", "DoorOpened"),
        ("ce-subject", &format!("{house}-front")),
        ("ce-position", "1"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(header(&headers, name), value, "{name}");
    }
    assert_eq!(header(&headers, "Annals-Event"), header(&headers, "ce-id"));
}

#[tokio::test]
async fn a_structured_message_is_one_object() {
    let (headers, payload, house) = told(ContentMode::Structured).await;
    let event: Value = serde_json::from_str(&payload).unwrap();
    assert_eq!(event["subject"], format!("{house}-front"));
    assert_eq!(event["data"], json!({ "by": "me" }));
    assert_eq!(event["id"], header(&headers, "Annals-Event"));
    let content_type = header(&headers, "content-type");
    assert_eq!(content_type, "application/cloudevents+json");
}
