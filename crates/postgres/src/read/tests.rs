use annals_core::Bytes;

use super::*;

fn page_of(events: usize, bytes: usize) -> Page {
    let event = RecordedEvent {
        position: Position(1),
        stream: "Account-a".parse().expect("a valid stream id"),
        version: StreamVersion(1),
        id: annals_core::EventId(uuid::Uuid::nil()),
        append: annals_core::AppendId(uuid::Uuid::nil()),
        event_type: annals_core::EventType::new("Opened").expect("a valid name"),
        schema_version: 1,
        content_type: annals_core::ContentType::json(),
        data: Bytes::from(vec![b'x'; bytes]),
        tags: Vec::new(),
        metadata: annals_core::Metadata::default(),
        recorded_at: annals_core::Timestamp::UNIX_EPOCH,
        keys: annals_core::Keys::default(),
    };
    Page {
        events: vec![event; events],
        head: Position(1),
        is_last: false,
    }
}

#[test]
fn a_page_of_large_events_is_followed_by_one_of_few() {
    assert_eq!(PageSize::after(&page_of(4, 1024 * 1024)).0, PageSize::LEAST);
    assert_eq!(PageSize::after(&page_of(64, 64 * 1024)).0, 64);
}

#[test]
fn a_page_of_small_events_is_followed_by_one_of_many() {
    assert_eq!(PageSize::after(&page_of(500, 200)).0, PageSize::MOST);
    assert_eq!(PageSize::after(&page_of(500, 0)).0, PageSize::MOST);
    assert_eq!(PageSize::after(&page_of(0, 0)).0, PageSize::MOST);
}
