//! Two processes of the service share a database. Each in turn is paused in the midst of checkouts, until
//! the other has taken over and ended them, and woken again: it charges nobody a second time.

use std::collections::BTreeSet;

use crate::place::NewPlace;
use crate::round::Rounds;

/// Two of each process. Each has its share of the instances.
const PAUSES: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_paused_past_its_leases_charges_nobody_twice_when_it_wakes() {
    let mut rounds = Rounds::at(NewPlace::postgres(), 2).await;
    let services = [rounds.serve(), rounds.serve()];
    rounds.until_shared_by(services.len()).await;
    rounds.prepare();
    let mut shares = BTreeSet::new();
    for pause in 0..PAUSES {
        let (paused, awake) = (&services[pause % 2], &services[(pause + 1) % 2]);
        rounds.send_to(awake);
        let clients = rounds.begin().await;
        paused.signal("STOP");
        rounds.count().await;
        shares.extend(rounds.shares_under_way());
        rounds.end(clients);
        paused.signal("CONT");
        rounds.send_to(paused);
        rounds.assert_queries_are_answered();
    }
    drop(services);
    assert_eq!(shares.len(), 2, "some were of the one that was paused");
    print!("{}", rounds.tally);
    rounds.finish().await;
}
