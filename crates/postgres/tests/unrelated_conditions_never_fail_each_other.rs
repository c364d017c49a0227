//! Conditions over different tags: however many writers there are, none is refused for another.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod place;

use std::sync::Arc;

use annals_core::{
    Append, AppendError, Appended, EventId, EventStore, EventType, ExpectedVersion, IdSource,
    NewEvent, Position, Query, QueryItem, RandomIds, StreamId, Tag,
};
use annals_postgres::{Postgres, PostgresStore};
use futures_util::future::join_all;
use place::Place;

const WRITERS: usize = 32;
const ROUNDS: usize = 150;

/// Two stores on one schema, as two processes would have them.
async fn two_stores() -> [Arc<PostgresStore>; 2] {
    let place = Place::on(annals_servers::postgres_url());
    let postgres = Postgres::connect(&place.url()).await.unwrap();
    [
        Arc::new(PostgresStore::open(&postgres).await.unwrap()),
        Arc::new(PostgresStore::open(&postgres).await.unwrap()),
    ]
}

/// Books a seat, unless one was booked under this tag after a position.
async fn book(
    store: &PostgresStore,
    tag: &Tag,
    after: Position,
    stream: &StreamId,
) -> Result<Appended, AppendError> {
    let id = EventId(RandomIds.next());
    let mut event = NewEvent::json(id, EventType::new("Booked").unwrap(), "{}");
    event.tags.push(tag.clone());
    let booked = Query::any_of([QueryItem::default().tags([tag.clone()])]);
    let append = Append::to(stream.clone(), ExpectedVersion::Any, vec![event]);
    store.append(append.unless(booked, after)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_over_different_tags_never_fail_each_other() {
    let stores = two_stores().await;
    let writers = (0..WRITERS).map(|number| {
        let store = Arc::clone(&stores[number % 2]);
        tokio::spawn(async move {
            let tag = Tag::new(format!("seat:{number}")).unwrap();
            // Several writers share a stream: it is not the stream that keeps them apart.
            let stream = StreamId::new("Hall", &(number % 4).to_string()).unwrap();
            let mut after = Position::START;
            for _ in 0..ROUNDS {
                after = book(&store, &tag, after, &stream).await.unwrap().last;
            }
        })
    });
    for ended in join_all(writers).await {
        ended.unwrap();
    }
    let recorded = stores[0].head().await.unwrap();
    assert_eq!(recorded.0, (WRITERS * ROUNDS) as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_with_the_same_condition_one_is_taken() {
    let stores = two_stores().await;
    let tag = Tag::new("seat:1").unwrap();
    for round in 0..ROUNDS {
        let after = stores[0].head().await.unwrap();
        let streams =
            (0..WRITERS).map(|number| StreamId::new("Hall", &number.to_string()).unwrap());
        let streams: Vec<StreamId> = streams.collect();
        let writers =
            (0..WRITERS).map(|number| book(&stores[number % 2], &tag, after, &streams[number]));
        let mut taken = 0;
        for verdict in join_all(writers).await {
            match verdict {
                Ok(_) => taken += 1,
                Err(AppendError::ConditionFailed { position }) => assert!(position > after),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(taken, 1, "round {round}");
    }
}
