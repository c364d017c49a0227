//! Watchers of every kind are given what is promised of a watch, while they catch up, go live, lag
//! behind and come back.

mod place;

use std::sync::Arc;
use std::time::Duration;

use annals_postgres::{Postgres, PostgresOptions, PostgresStore};
use annals_testing::watch::Plan;

use place::Place;

/// Far longer than a watcher waits for its turn: there are ten times as many as connections.
const LONG: Duration = Duration::from_secs(300);

const PLAN: Plan = Plan {
    seed: 8,
    before: 4_000,
    live: 200,
    rounds: 4,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_every_delivery() {
    let url = Place::on(annals_servers::postgres_url()).url();
    let options = PostgresOptions::new(&url).unwrap();
    let options = options.connect_timeout(LONG).turn_timeout(LONG);
    let postgres = Postgres::connect_with(options).await.unwrap();
    let store = Arc::new(PostgresStore::open(&postgres).await.unwrap());
    let tally = PLAN.carry_out(store).await.unwrap();
    assert!(tally.deliveries >= 100_000, "{tally:?}");
    assert!(tally.live >= 28, "{tally:?}");
    assert!(tally.resumed >= 300, "{tally:?}");
}
