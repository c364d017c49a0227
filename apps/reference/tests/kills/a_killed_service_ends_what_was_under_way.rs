//! The service is killed (SIGKILL) again and again in the midst of transfers and checkouts, and started
//! again: each ends as it has to, pays once, and neither money nor stock is lost at any position.
//!
//! A run is a saga that was under way when the service was killed. Kills come after a random number of
//! commits, from outside: the process may be a commit further when it dies. So at which step each run was
//! killed is read from the log that it left, and the kills go on until no step is left out.

use crate::place::NewPlace;
use crate::round::Rounds;
use crate::tally::Tally;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_in_a_directory_that_are_killed_after_each_step_end_right_after_the_restart() {
    let rounds = Rounds::at(NewPlace::directory(), 2).await;
    let is_enough = |tally: &Tally| tally.runs() >= 300 && tally.missing().is_empty();
    kill_the_service(rounds, is_enough).await;
}

/// Fewer, and more at once, since whoever starts again there waits for the leases of the one that was killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_on_postgres_that_are_killed_after_each_step_end_right_after_the_restart() {
    let rounds = Rounds::at(NewPlace::postgres(), 8).await;
    let is_enough = |tally: &Tally| tally.runs() >= 100 && tally.missing().is_empty();
    kill_the_service(rounds, is_enough).await;
}

#[expect(clippy::print_stdout, reason = "the figures are for people to read")]
async fn kill_the_service(mut rounds: Rounds, is_enough: impl Fn(&Tally) -> bool) {
    let mut service = rounds.serve();
    rounds.prepare();
    while !is_enough(&rounds.tally) {
        let clients = rounds.begin().await;
        drop(service);
        rounds.count().await;
        service = rounds.serve();
        rounds.end(clients);
    }
    drop(service);
    print!("{}", rounds.tally);
    rounds.finish().await;
}
