//! Two processes of the service share a database. Each in turn is paused in the midst of checkouts, until
//! the other has taken over and ended them, and woken again: it charges nobody a second time.

use crate::place::NewPlace;
use crate::round::Rounds;

/// Each has its share of the instances, and in every pause some of them are of the one that is paused.
const PAUSES: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_paused_past_its_leases_charges_nobody_twice_when_it_wakes() {
    let mut rounds = Rounds::at(NewPlace::postgres(), 2).await;
    let services = [rounds.serve(), rounds.serve()];
    rounds.prepare();
    for pause in 0..PAUSES {
        let (paused, awake) = (&services[pause % 2], &services[(pause + 1) % 2]);
        rounds.send_to(awake);
        let clients = rounds.begin().await;
        paused.signal("STOP");
        rounds.count().await;
        rounds.end(clients);
        paused.signal("CONT");
        rounds.send_to(paused);
        rounds.assert_queries_are_answered();
    }
    drop(services);
    print!("{}", rounds.tally);
    rounds.finish().await;
}
