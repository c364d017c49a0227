//! Twenty writers expect the same version of a stream, over and over: each time one of them wins.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod place;

use std::sync::Arc;

use annals_core::{
    Append, AppendError, EventId, EventStore, EventType, ExpectedVersion, IdSource, NewEvent,
    RandomIds, StreamId, StreamVersion,
};
use annals_postgres::{Postgres, PostgresStore};
use futures_util::future::join_all;
use place::Place;

const WRITERS: usize = 20;
const STREAMS: u64 = 40;
const RACES: u64 = 200_000;

#[tokio::test(flavor = "multi_thread")]
async fn exactly_one_of_twenty_writers_wins_each_of_200_000_races() {
    let place = Place::on(annals_servers::postgres_url());
    let postgres = Postgres::connect(&place.url()).await.unwrap();
    let stores = [
        Arc::new(PostgresStore::open(&postgres).await.unwrap()),
        Arc::new(PostgresStore::open(&postgres).await.unwrap()),
    ];
    let streams = (0..STREAMS).map(|number| {
        let stores = stores.clone();
        tokio::spawn(async move { race_on(&stores, number).await })
    });
    for raced in join_all(streams).await {
        raced.unwrap();
    }
    assert_eq!(stores[0].head().await.unwrap().0, RACES);
}

/// The races on one stream, one after the other; half of the writers are at each store.
async fn race_on(stores: &[Arc<PostgresStore>; 2], number: u64) {
    let stream = StreamId::new("Race", &number.to_string()).unwrap();
    for version in 0..RACES / STREAMS {
        let expected = ExpectedVersion::from(StreamVersion(version));
        let writers = (0..WRITERS).map(|writer| {
            let event = NewEvent::json(
                EventId(RandomIds.next()),
                EventType::new("Won").unwrap(),
                "1",
            );
            stores[writer % 2].append(Append::to(stream.clone(), expected, vec![event]))
        });
        let mut won = 0;
        for verdict in join_all(writers).await {
            match verdict {
                Ok(_) => won += 1,
                Err(AppendError::Conflict { actual, .. }) => {
                    assert_eq!(actual, StreamVersion(version + 1));
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(won, 1, "race {version} on {stream}");
    }
}
