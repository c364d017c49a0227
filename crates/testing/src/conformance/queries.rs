//! Line 4, queries: a read sees every event that was asked for, and no other. The model is a `Vec`
//! and [`Query::matches`].

use annals_core::{
    Append, Direction, NewEvent, Position, Query, QueryItem, Read, RecordedEvent, Source,
};

use super::random::Random;
use super::sample::{event_of_type, event_type, stream, tag, write};
use super::subject::Subject;

/// Categories, types and tags that are easily taken for one another.
const CATEGORIES: [&str; 5] = ["Account", "Acc", "account", "Order", "Überweisung"];
const TYPES: [&str; 5] = ["Opened", "Open", "opened", "Closed", "Größe geändert"];
const TAGS: [&str; 6] = [
    "owner:1",
    "owner:12",
    "owner",
    "Owner:1",
    "club:1",
    "stadt:Köln",
];

/// 4g: random queries select what they match, from anywhere, both ways, up to any limit.
pub(super) async fn random_queries_select_what_they_match(store: Subject) {
    let mut random = Random::seeded(7);
    record_at_random(&store, &mut random).await;
    let all = store.all().await;
    assert_eq!(all.len(), 300);
    for _ in 0..150 {
        let read = random_read(&mut random, all.len());
        assert_eq!(
            store.read(read.clone()).await,
            expected(&all, &read),
            "{read:?}"
        );
    }
}

/// 4h: a name selects by the whole of it: not by a part, another spelling, or another kind of name.
pub(super) async fn a_query_compares_whole_names(store: Subject) {
    let mut random = Random::seeded(8);
    record_at_random(&store, &mut random).await;
    let all = store.all().await;
    let item = QueryItem::default;
    let categories = CATEGORIES.map(|name| item().categories([name]));
    let types = TYPES.map(|name| item().types([event_type(name)]));
    let tags = TAGS.map(|name| item().tags([tag(name)]));
    let crossed = [
        item().types([event_type("Account")]),
        item().tags([tag("Opened")]),
    ];
    for item in categories
        .into_iter()
        .chain(types)
        .chain(tags)
        .chain(crossed)
    {
        let read = Read::forwards(Source::query(Query::any_of([item])));
        assert_eq!(
            store.read(read.clone()).await,
            expected(&all, &read),
            "{read:?}"
        );
    }
}

/// 4i: an item without terms selects every event, and so does a query without items.
pub(super) async fn what_restricts_nothing_selects_everything(store: Subject) {
    record_at_random(&store, &mut Random::seeded(9)).await;
    let all = store.all().await;
    for query in [Query::all(), Query::any_of([QueryItem::default()])] {
        assert_eq!(store.read(Read::forwards(Source::query(query))).await, all);
    }
}

/// 4j: an event that several items match is read once.
pub(super) async fn an_event_that_several_items_match_is_read_once(store: Subject) {
    let opened = event_of_type("Opened", 0)
        .tagged(tag("owner:1"))
        .tagged(tag("club:1"));
    let writes = vec![write("Account-1", vec![opened])];
    store.append(Append::to_streams(writes)).await;
    let items = [
        QueryItem::default().types([event_type("Opened")]),
        QueryItem::default().tags([tag("owner:1")]),
        QueryItem::default()
            .tags([tag("club:1")])
            .categories(["Account"]),
    ];
    let read = Read::forwards(Source::query(Query::any_of(items)));
    assert_eq!(store.read(read).await.len(), 1);
}

/// Three hundred events of random streams, types and tags, five to an append.
async fn record_at_random(store: &Subject, random: &mut Random) {
    for first in (0..300).step_by(5) {
        let to = format!("{}-{}", random.pick(&CATEGORIES), random.below(4));
        let events = (first..first + 5).map(|number| random_event(random, number));
        let write = write(stream(&to).as_str(), events.collect());
        store.append(Append::to_streams(vec![write])).await;
    }
}

fn random_event(random: &mut Random, number: usize) -> NewEvent {
    let mut event = event_of_type(random.pick(&TYPES), number);
    event.tags = random.some(&TAGS, 3).into_iter().map(tag).collect();
    event
}

fn random_read(random: &mut Random, events: usize) -> Read {
    let items = (0..=random.below(3)).map(|_| random_item(random));
    let query = Query::any_of(items.collect::<Vec<_>>());
    let mut read = match random.below(2) {
        0 => Read::forwards(Source::query(query.clone())),
        _ => Read::backwards(Source::query(query.clone())),
    };
    if random.below(2) == 0 {
        read.source = Source::query_after(query, Position(random.below(events + 2) as u64));
    }
    if random.below(2) == 0 {
        read = read.limit(random.below(40) as u64);
    }
    read
}

fn random_item(random: &mut Random) -> QueryItem {
    QueryItem::default()
        .categories(random.some(&CATEGORIES, 2))
        .types(random.some(&TYPES, 2).into_iter().map(event_type))
        .tags(random.some(&TAGS, 2).into_iter().map(tag))
}

/// The answer of the model.
fn expected(all: &[RecordedEvent], read: &Read) -> Vec<RecordedEvent> {
    let Source::Query { query, after } = &read.source else {
        panic!("the model reads queries");
    };
    let matches = |event: &&RecordedEvent| {
        let beyond = after.is_none_or(|after| match read.direction {
            Direction::Forwards => event.position > after,
            Direction::Backwards => event.position < after,
        });
        beyond && query.matches(&event.stream, &event.event_type, &event.tags)
    };
    let mut selected: Vec<RecordedEvent> = all.iter().filter(matches).cloned().collect();
    if read.direction == Direction::Backwards {
        selected.reverse();
    }
    let limit = read.limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).expect("limits of the suite are small")
    });
    selected.truncate(limit);
    selected
}
