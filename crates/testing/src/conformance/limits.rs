//! Line 9, limits: what is at a limit is taken, what is one beyond is refused as invalid.

use annals_core::{
    Append, ContentType, InvalidAppend, NewEvent, Position, Query, QueryItem, Read, ReadError,
    Source, limits,
};

use super::refusals::assert_invalid;
use super::sample::{append, event, event_of_type, event_type, events, stream, tag};
use super::subject::Subject;

/// 9h: names of the greatest length are taken, and found again.
pub(super) async fn names_of_the_greatest_length_are_taken(store: Subject) {
    for length in [limits::NAME_BYTES - 1, limits::NAME_BYTES] {
        let long = "n".repeat(length);
        let id = stream(&format!("Long-{}", &long["Long-".len()..]));
        let mut event = event_of_type(&long, length).tagged(tag(&long));
        event.content_type = ContentType::new(&long).expect("as long as a name may be");
        store.append(append(id.as_str(), vec![event.clone()])).await;

        let item = QueryItem::default()
            .types([event_type(&long)])
            .tags([tag(&long)]);
        let found = store
            .read(Read::forwards(Source::query(Query::any_of([item]))))
            .await;
        assert!(found.len() == 1 && found[0].is_record_of(&event));
        assert_eq!(store.stream(&id).await, found);
    }
}

/// 9i: payloads up to the limit.
pub(super) async fn a_payload_over_the_limit_is_invalid(store: Subject) {
    let limit = limits::EVENT_BYTES;
    let of_size = |bytes: usize| {
        let mut event = event(bytes);
        event.data = vec![b'x'; bytes].into();
        event
    };
    assert_taken(&store, [of_size(limit - 1), of_size(limit)]).await;
    let too_large = of_size(limit + 1);
    let reason = InvalidAppend::EventTooLarge {
        event: too_large.id,
        bytes: limit + 1,
    };
    assert_invalid(&store, append("Account-1", vec![too_large]), reason).await;
}

/// 9j: metadata up to the limit, counted as JSON.
pub(super) async fn metadata_over_the_limit_is_invalid(store: Subject) {
    let limit = limits::METADATA_BYTES;
    let around = r#"{"custom":{"note":""}}"#.len();
    let of_size = |bytes: usize| {
        let mut event = event(bytes);
        let note = "x".repeat(bytes - around).into();
        event.metadata.custom.insert("note".to_owned(), note);
        event
    };
    assert_taken(&store, [of_size(limit - 1), of_size(limit)]).await;
    let too_large = of_size(limit + 1);
    let reason = InvalidAppend::MetadataTooLarge {
        event: too_large.id,
        bytes: limit + 1,
    };
    assert_invalid(&store, append("Account-1", vec![too_large]), reason).await;
}

/// 9p: texts of the metadata up to their own limits.
pub(super) async fn a_text_of_the_metadata_over_its_limit_is_invalid(store: Subject) {
    let limit = limits::NAME_BYTES;
    let by = |bytes: usize| {
        let mut event = event(bytes);
        event.metadata.actor = Some("x".repeat(bytes));
        event
    };
    assert_taken(&store, [by(limit - 1), by(limit)]).await;
    let too_long = by(limit + 1);
    let reason = InvalidAppend::MetadataTextTooLong {
        event: too_long.id,
        field: "actor",
        bytes: limit + 1,
        limit,
    };
    assert_invalid(&store, append("Account-1", vec![too_long]), reason).await;
}

/// 9k: tags up to the limit.
pub(super) async fn tags_over_the_limit_are_invalid(store: Subject) {
    let limit = limits::EVENT_TAGS;
    let with_tags = |tags: usize| {
        let mut event = event(tags);
        event.tags = (0..tags)
            .map(|number| tag(&format!("tag:{number}")))
            .collect();
        event
    };
    assert_taken(&store, [with_tags(limit - 1), with_tags(limit)]).await;
    let too_many = with_tags(limit + 1);
    let reason = InvalidAppend::TooManyTags {
        event: too_many.id,
        tags: limit + 1,
    };
    assert_invalid(&store, append("Account-1", vec![too_many]), reason).await;
}

/// 9l: events of one append up to the limit.
pub(super) async fn events_over_the_limit_are_invalid(store: Subject) {
    let limit = limits::APPEND_EVENTS;
    let mut taken = 0;
    for count in [limit - 1, limit] {
        let appended = store
            .append(append("Account-1", events(taken..taken + count)))
            .await;
        taken += count;
        assert_eq!(appended.last, Position(taken as u64));
    }
    let too_many = append("Account-1", events(taken..=taken + limit));
    let reason = InvalidAppend::TooManyEvents { events: limit + 1 };
    assert_invalid(&store, too_many, reason).await;
}

/// 9m: bytes of one append up to the limit: payloads, metadata and names.
pub(super) async fn bytes_over_the_limit_are_invalid(store: Subject) {
    let limit = limits::APPEND_BYTES;
    for bytes in [limit - 1, limit] {
        store
            .append(append("Account-1", events_of_size(bytes)))
            .await;
    }
    let sizes = store.all().await.into_iter().map(|event| event.data.len());
    assert!(sizes.sum::<usize>() > 2 * limit - limits::EVENT_BYTES);
    let too_large = append("Account-1", events_of_size(limit + 1));
    let reason = InvalidAppend::TooManyBytes { bytes: limit + 1 };
    assert_invalid(&store, too_large, reason).await;
}

/// 9n: items of a query up to the limit, and terms of an item, wherever a query may stand.
pub(super) async fn a_query_over_the_limits_is_invalid_everywhere(store: Subject) {
    store.append(append("Account-1", events(0..1))).await;
    for (query, number) in queries(0).into_iter().chain(queries_below()).zip(1..) {
        assert_eq!(
            store
                .read(Read::forwards(Source::query(query.clone())))
                .await,
            []
        );
        let mut follower = store.follow(Source::query(query.clone())).await;
        follower.until(store.head().await).await;
        let append = append("Account-1", events(number..number + 1));
        store.append(append.unless(query, Position::START)).await;
    }
    for query in queries(1) {
        let read = Read::forwards(Source::query(query.clone()));
        assert_invalid_read(&store.read_refusal(read).await);
        let subscription = Source::query(query.clone());
        assert_invalid_read(&store.subscribe_refusal(subscription).await);
        let append = append("Account-1", events(90..91)).unless(query, Position::START);
        assert_invalid(&store, append, InvalidAppend::QueryTooLarge).await;
    }
}

/// 9o: a query for a category that no stream can be in, wherever a query may stand.
pub(super) async fn a_category_that_cannot_be_is_invalid_everywhere(store: Subject) {
    let query = Query::category("no\0such");
    let read = Read::forwards(Source::query(query.clone()));
    assert_invalid_read(&store.read_refusal(read).await);
    let subscription = Source::query(query.clone());
    assert_invalid_read(&store.subscribe_refusal(subscription).await);
    let append = append("Account-1", events(0..1)).unless(query, Position::START);
    let fault = append.validate().expect_err("no category holds a NUL");
    assert_invalid(&store, append, fault).await;
}

/// A query for each limit, that many terms or items beyond it; none matches an event of the suite.
fn queries(beyond: usize) -> Vec<Query> {
    let (items, terms) = (
        limits::QUERY_ITEMS + beyond,
        limits::QUERY_ITEM_TERMS + beyond,
    );
    queries_of(items, terms)
}

fn queries_below() -> Vec<Query> {
    queries_of(limits::QUERY_ITEMS - 1, limits::QUERY_ITEM_TERMS - 1)
}

fn queries_of(items: usize, terms: usize) -> Vec<Query> {
    let names = |count: usize| (0..count).map(|number| format!("Nothing{number}"));
    let item = QueryItem::default;
    vec![
        Query::any_of(names(items).map(|name| item().categories([name]))),
        Query::any_of([item().categories(names(terms))]),
        Query::any_of([item().types(names(terms).map(|name| event_type(&name)))]),
        Query::any_of([item().tags(names(terms).map(|name| tag(&name)))]),
    ]
}

/// Nine events that take so many bytes together. Their numbers depend on the size.
fn events_of_size(bytes: usize) -> Vec<NewEvent> {
    let names = event(0).event_type.as_str().len() + ContentType::json().as_str().len();
    let each = bytes / 9;
    (0..9)
        .map(|number| {
            let rest = if number == 0 { bytes % 9 } else { 0 };
            let mut event = event(10 * bytes + number);
            event.data = vec![b'x'; each + rest - names].into();
            event
        })
        .collect()
}

/// Both are taken, and come back as they were.
async fn assert_taken(store: &Subject, at_limit: [NewEvent; 2]) {
    for event in &at_limit {
        let append: Append = append("Account-1", vec![event.clone()]);
        store.append(append).await;
    }
    let recorded = store.all().await;
    assert_eq!(recorded.len(), 2);
    assert!(
        recorded
            .iter()
            .zip(&at_limit)
            .all(|(event, new)| event.is_record_of(new))
    );
}

fn assert_invalid_read(refusal: &ReadError) {
    let invalid = matches!(refusal, ReadError::Invalid { .. });
    assert!(invalid, "refused by {refusal}, not as invalid");
}
