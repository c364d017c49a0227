use annals_core::{
    AppendId, Direction, EventId, EventType, Position, Query, QueryItem, StreamId, StreamVersion,
    Tag,
};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::{Entry, Index};

/// One event of the model: stream, type and tags by number.
type Event = (u8, u8, Vec<u8>);

fn stream(number: u8) -> StreamId {
    StreamId::new(&format!("C{}", number % 3), &number.to_string()).unwrap()
}

fn event_type(number: u8) -> EventType {
    EventType::new(format!("T{number}")).unwrap()
}

fn tag(number: u8) -> Tag {
    Tag::new(format!("t:{number}")).unwrap()
}

fn indexed(events: &[Event]) -> Index {
    let mut index = Index::default();
    for (number, (in_stream, of_type, tags)) in events.iter().enumerate() {
        let tags: Vec<Tag> = tags.iter().map(|number| tag(*number)).collect();
        index.add(&Entry {
            id: EventId(Uuid::from_u128(number as u128)),
            append: AppendId(Uuid::from_u128(number as u128 / 2)),
            stream: &stream(*in_stream),
            event_type: &event_type(*of_type),
            tags: &tags,
        });
    }
    index
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    vec((0u8..6, 0u8..4, vec(0u8..4, 0..4)), 0..60)
}

fn query() -> impl Strategy<Value = Query> {
    let item = (vec(0u8..3, 0..3), vec(0u8..5, 0..3), vec(0u8..5, 0..3));
    vec(item, 0..4).prop_map(|items| {
        Query::any_of(items.into_iter().map(|(categories, types, tags)| {
            QueryItem::default()
                .categories(categories.into_iter().map(|number| format!("C{number}")))
                .types(types.into_iter().map(event_type))
                .tags(tags.into_iter().map(tag))
        }))
    })
}

/// What a walk over all events would find.
fn model(events: &[Event], query: &Query, low: u64, high: u64) -> Vec<Position> {
    let within = (1..).map(Position).zip(events);
    within
        .filter(|(position, _)| (low..=high).contains(&position.0))
        .filter(|(_, (in_stream, of_type, tags))| {
            let tags: Vec<Tag> = tags.iter().map(|number| tag(*number)).collect();
            query.matches(&stream(*in_stream), &event_type(*of_type), &tags)
        })
        .map(|(position, _)| position)
        .collect()
}

proptest! {
    #[test]
    fn a_query_finds_what_a_walk_over_all_events_finds(
        events in events(), query in query(), low in 1u64..70, length in 0u64..70, limit in 0usize..70,
    ) {
        let index = indexed(&events);
        let high = (low + length).min(events.len() as u64);
        let mut expected = model(&events, &query, low, high);
        let found = index.select(&query, low..=high, Direction::Forwards, limit);
        prop_assert_eq!(&found, &expected.iter().take(limit).copied().collect::<Vec<_>>());
        expected.reverse();
        let found = index.select(&query, low..=high, Direction::Backwards, limit);
        prop_assert_eq!(&found, &expected.into_iter().take(limit).collect::<Vec<_>>());
    }

    #[test]
    fn an_index_cut_back_equals_one_that_never_went_on(events in events(), kept in 0usize..60) {
        // Appends here are pairs of events; a cut never splits one.
        let kept = kept.min(events.len()) / 2 * 2;
        let mut index = indexed(&events);
        index.truncate(Position(kept as u64));
        let shorter = indexed(&events[..kept]);
        prop_assert_eq!(index.last(), shorter.last());
        prop_assert_eq!(index.postings.len(), shorter.postings.len());
        prop_assert_eq!(index.appends.len(), shorter.appends.len());
        for number in 0..60u128 {
            let (event, append) = (EventId(Uuid::from_u128(number)), AppendId(Uuid::from_u128(number)));
            prop_assert_eq!(index.event(event), shorter.event(event));
            prop_assert_eq!(index.append(append), shorter.append(append));
        }
        for number in 0..6 {
            let up_to = Position(u64::MAX);
            let version = index.stream_version(&stream(number), up_to);
            prop_assert_eq!(version, shorter.stream_version(&stream(number), up_to));
        }
    }
}

#[test]
fn the_version_of_a_stream_counts_only_what_is_durable() {
    let index = indexed(&[(0, 0, vec![]), (1, 0, vec![]), (0, 0, vec![])]);
    assert_eq!(
        index.stream_version(&stream(0), Position(2)),
        StreamVersion(1)
    );
    assert_eq!(
        index.stream_version(&stream(0), Position(3)),
        StreamVersion(2)
    );
}
