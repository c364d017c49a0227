//! Ten million deliveries to watchers of every kind keep what is promised of a watch, while they catch
//! up, go live, lag behind and come back.

use std::sync::Arc;

use annals_embedded::EmbeddedStore;
use annals_testing::watch::Plan;

const PLAN: Plan = Plan {
    seed: 7,
    before: 99_000,
    live: 1_000,
    rounds: 15,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_ten_million_deliveries() {
    let store = Arc::new(EmbeddedStore::in_memory().unwrap());
    let tally = PLAN.carry_out(store).await.unwrap();
    assert!(tally.deliveries >= 10_000_000, "{tally:?}");
    assert!(tally.live >= 100, "{tally:?}");
    assert!(tally.resumed >= 1_000, "{tally:?}");
}
