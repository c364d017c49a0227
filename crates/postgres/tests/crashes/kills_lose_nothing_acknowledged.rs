//! The database stops in the middle of everything under load, again and again, and the store that
//! was opened before all of that goes on.

use annals_core::{
    Append, AppendError, EventId, EventStore, EventType, ExpectedVersion, NewEvent, Read,
    ReadError, Source,
};
use annals_servers::PostgresCluster;
use uuid::Uuid;

use crate::history::Counts;
use crate::load::Load;
use crate::random::Random;

const STOPS: usize = 10;

/// The server is stopped at one of these acknowledgements.
const ACKNOWLEDGED: usize = 400;

#[tokio::test(flavor = "multi_thread")]
async fn immediate_stops_lose_nothing_acknowledged() {
    let mut random = Random::of_this_run();
    let mut cluster = PostgresCluster::start().unwrap();
    let mut load = Load::on(&cluster.url(), &mut random).await;
    let mut counts = Counts::default();
    for _ in 0..STOPS {
        let acknowledged = 1 + random.below(ACKNOWLEDGED);
        let stop = || cluster.stop_immediately().unwrap();
        load.crash_after(acknowledged, stop).await;
        is_unavailable(load.store(), &mut random).await;
        cluster.start_again().unwrap();
        counts = counts.followed_by(load.verify().await);
    }
    eprintln!("{STOPS} stops: {counts:?}");
    assert!(counts.acknowledged >= STOPS && counts.in_flight() >= STOPS);
    assert!(counts.refused >= STOPS, "writers race for what they share");
    assert_eq!(load.finish().await.in_flight(), 0);
}

/// Checks that a store whose database is down says so: nothing is written, and nothing looks like an empty store.
async fn is_unavailable(store: &dyn EventStore, random: &mut Random) {
    let event = NewEvent::json(
        EventId(Uuid::from_u128(random.wide())),
        EventType::new("LoadAdded").unwrap(),
        "1",
    );
    let append = Append::to(
        "Load-down".parse().unwrap(),
        ExpectedVersion::Any,
        vec![event],
    );
    let outcome = store.append(append).await;
    assert!(
        matches!(outcome, Err(AppendError::Unavailable { .. })),
        "{outcome:?}"
    );
    let outcome = store.read(Read::forwards(Source::all())).await;
    assert!(
        matches!(outcome, Err(ReadError::Unavailable { .. })),
        "{outcome:?}"
    );
    let outcome = store.head().await;
    assert!(
        matches!(outcome, Err(ReadError::Unavailable { .. })),
        "{outcome:?}"
    );
}
