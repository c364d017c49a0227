//! The database is killed in the midst of transfers and checkouts, and started again, while the service
//! lives on: each ends as it has to, pays once, and neither money nor stock is lost at any position.

use annals_servers::PostgresCluster;

use crate::place::NewPlace;
use crate::round::Rounds;

/// So many at least, and more until no step is left out.
const RUNS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_end_although_the_database_is_killed_after_each_step() {
    let mut cluster = PostgresCluster::start().unwrap();
    let place = NewPlace::at(cluster.url().into());
    let mut rounds = Rounds::at(place, 8).await;
    let service = rounds.serve();
    rounds.prepare();
    while rounds.tally.runs() < RUNS || !rounds.tally.missing().is_empty() {
        let clients = rounds.begin().await;
        cluster.kill().unwrap();
        // So that what was under way is seen before it goes on.
        service.signal("STOP");
        cluster.start_again().unwrap();
        rounds.count().await;
        service.signal("CONT");
        rounds.end(clients);
    }
    drop(service);
    print!("{}", rounds.tally);
    rounds.finish().await;
}
