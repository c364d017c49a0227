//! Line 10: nothing is dropped silently. What was appended comes back as it was, and a read that
//! ends was complete.

use annals_core::{
    Append, AppendId, ContentType, EventId, Metadata, NewEvent, Query, QueryItem, Read, Source,
    Timestamp,
};
use serde_json::json;

use super::sample::{append, event, event_of_type, event_type, events, stream, tag, write};
use super::subject::Subject;

/// 10a: payloads come back byte for byte, whatever they are, with their content type.
pub(super) async fn payloads_come_back_byte_for_byte(store: Subject) {
    let every_byte: Vec<u8> = (0..=255).collect();
    let payloads: [(&str, &[u8]); 7] = [
        ("application/octet-stream", &every_byte),
        ("application/octet-stream", b""),
        (
            "application/json",
            br#"{ "b" : 1.0,  "a": 1e2, "b": "twice\u00e9" }"#,
        ),
        ("application/json", b"not JSON at all"),
        ("text/plain; charset=utf-16", b"\xff\xfe\0\0"),
        ("application/json", b""),
        ("Application/JSON", b"null"),
    ];
    let events = payloads
        .iter()
        .zip(0..)
        .map(|((content_type, data), number)| {
            let mut event = event(number);
            event.content_type = ContentType::new(content_type).expect("a valid name");
            event.data = data.to_vec().into();
            event
        });
    assert_come_back(&store, events.collect()).await;
}

/// 10b: metadata comes back complete.
pub(super) async fn metadata_comes_back_complete(store: Subject) {
    let mut empty = event(0);
    empty.metadata = Metadata::default();
    let mut full = event(1);
    full.metadata = full_metadata();
    let mut partial = event(2);
    partial.metadata.actor = Some(String::new());
    assert_come_back(&store, vec![empty, full, partial]).await;
}

/// 10c: tags come back in the order they were given.
pub(super) async fn tags_come_back_in_their_order(store: Subject) {
    let tags = [
        "z:1",
        "a:1",
        "m:1",
        "ä:1",
        "A:1",
        "z:0",
        "with space",
        "\u{1f6b2}",
    ];
    let mut forwards = event(0);
    forwards.tags = tags.map(tag).to_vec();
    let mut backwards = event(1);
    backwards.tags = tags.map(tag).into_iter().rev().collect();
    assert_come_back(&store, vec![forwards, backwards, event(2)]).await;
}

/// 10d: ids, types and schema versions come back as they were.
pub(super) async fn ids_types_and_schema_versions_come_back(store: Subject) {
    let mut newest = event_of_type("NumberNoted.v2/äöü 数", 0);
    newest.schema_version = u32::MAX;
    let mut chosen = event(1);
    chosen.id = EventId::of_append(AppendId::of_key("any", "key"), usize::MAX);
    assert_come_back(&store, vec![newest, chosen]).await;
}

/// 10e: streams keep ids with dashes, spaces and letters of any script apart.
pub(super) async fn stream_ids_of_any_script_are_kept(store: Subject) {
    let ids = [
        "Account-a-b-c--d-",
        "Account--",
        "Account-a-b-c--d",
        "Konto-Größe 7",
        "Konto-Gro\u{308}ße 7",
        "口座-甲-乙",
        "Account-'; DROP TABLE events; --",
        "Account-a/b?c=d&e%20f#g",
        "Account-*.>",
        "Account-\u{1f6b2}",
    ];
    for (id, number) in ids.into_iter().zip(0..) {
        store.append(append(id, events(number..number + 1))).await;
    }
    for (id, number) in ids.into_iter().zip(0..) {
        let recorded = store.stream(&stream(id)).await;
        assert_eq!(recorded.len(), 1, "of {id}");
        assert!(recorded[0].stream == stream(id) && recorded[0].is_record_of(&event(number)));
    }
}

/// 10f: an event is the same, however it is read.
pub(super) async fn an_event_is_the_same_however_it_is_read(store: Subject) {
    let mut full = event_of_type("Opened", 0).tagged(tag("owner:1"));
    full.metadata = full_metadata();
    let writes = vec![
        write("Other-1", events(1..3)),
        write("Account-1", vec![full]),
    ];
    store.append(Append::to_streams(writes)).await;
    let event = store.all().await.remove(2);
    let item = QueryItem::default()
        .types([event_type("Opened")])
        .tags([tag("owner:1")]);
    for source in [
        Source::stream(stream("Account-1")),
        Source::query(Query::any_of([item])),
        Source::query(Query::category("Account")),
    ] {
        let once = std::slice::from_ref(&event);
        assert_eq!(store.read(Read::forwards(source.clone())).await, once);
        assert_eq!(store.read(Read::backwards(source.clone())).await, once);
        let mut follower = store.follow(source).await;
        assert_eq!(follower.next_event().await, event);
    }
}

/// 10g: a read that ends without an error has brought everything up to its head.
pub(super) async fn a_read_that_ends_was_complete(store: Subject) {
    for first in (0..600).step_by(3) {
        let writes = vec![
            write("Account-1", events(first..first + 2)),
            write("Order-1", events(first + 2..first + 3)),
        ];
        store.append(Append::to_streams(writes)).await;
    }
    let sources = [
        (Source::all(), 600),
        (Source::stream(stream("Account-1")), 400),
        (Source::query(Query::category("Order")), 200),
    ];
    for (source, events) in sources {
        assert_eq!(
            store.read(Read::forwards(source.clone())).await.len(),
            events
        );
        assert_eq!(store.read(Read::backwards(source)).await.len(), events);
    }
}

fn full_metadata() -> Metadata {
    let custom = json!({
        "text": "quote \" backslash \\ newline \n NUL-like \u{1} \u{1f6b2} ü",
        "numbers": [0, -1, i64::MIN, u64::MAX, 0.1, 1e-7],
        "nested": { "empty": {}, "list": [[], [null, true, false]] },
        "": "a name of no length",
    });
    let serde_json::Value::Object(custom) = custom else {
        unreachable!("the literal above is an object");
    };
    Metadata {
        correlation: Some("request 7/ü".to_owned()),
        causation: Some("0191e0c0-0000-7000-8000-000000000000".to_owned()),
        actor: Some("ada@example.org".to_owned()),
        trace_parent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        trace_state: Some("vendor=value".to_owned()),
        business_time: Some(nanosecond_before_1970()),
        custom,
    }
}

fn nanosecond_before_1970() -> Timestamp {
    Timestamp::new(0, -1).expect("a time within range")
}

async fn assert_come_back(store: &Subject, events: Vec<NewEvent>) {
    store.append(append("Account-1", events.clone())).await;
    let recorded = store.all().await;
    assert_eq!(recorded.len(), events.len());
    for (recorded, event) in recorded.iter().zip(&events) {
        assert!(
            recorded.is_record_of(event),
            "{event:?} came back as {recorded:?}"
        );
    }
}
