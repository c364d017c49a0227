//! Streams, events and queries to try a store with. Events are numbered: the same number is the
//! same event.

use annals_core::{
    Append, AppendId, EventId, EventType, ExpectedVersion, NewEvent, Query, QueryItem, StreamId,
    StreamWrite, Tag,
};

pub(crate) fn stream(text: &str) -> StreamId {
    text.parse().expect("stream ids of the suite are valid")
}

pub(crate) fn event_type(text: &str) -> EventType {
    EventType::new(text).expect("event types of the suite are valid")
}

pub(crate) fn tag(text: &str) -> Tag {
    Tag::new(text).expect("tags of the suite are valid")
}

/// The event of that number.
pub(super) fn event(number: usize) -> NewEvent {
    event_of_type("NumberNoted", number)
}

/// The event of that number, as another type.
pub(super) fn event_of_type(name: &str, number: usize) -> NewEvent {
    let id = EventId::of_append(AppendId::of_key("conformance", "sample"), number);
    NewEvent::json(id, event_type(name), format!(r#"{{"number":{number}}}"#))
}

/// The events of those numbers.
pub(crate) fn events(numbers: impl IntoIterator<Item = usize>) -> Vec<NewEvent> {
    numbers.into_iter().map(event).collect()
}

/// A write that expects nothing.
pub(crate) fn write(to: &str, events: Vec<NewEvent>) -> StreamWrite {
    write_at(to, ExpectedVersion::Any, events)
}

/// A write that expects a version.
pub(super) fn write_at(to: &str, expected: ExpectedVersion, events: Vec<NewEvent>) -> StreamWrite {
    let stream = stream(to);
    StreamWrite {
        stream,
        expected,
        events,
    }
}

/// An append to one stream that expects nothing.
pub(crate) fn append(to: &str, events: Vec<NewEvent>) -> Append {
    append_at(to, ExpectedVersion::Any, events)
}

/// An append to one stream that expects a version.
pub(super) fn append_at(to: &str, expected: ExpectedVersion, events: Vec<NewEvent>) -> Append {
    Append::to(stream(to), expected, events)
}

/// Events that carry one tag.
pub(super) fn tagged(text: &str) -> Query {
    Query::any_of([QueryItem::default().tags([tag(text)])])
}
