//! Of several processes, one at a time does a piece of work. Each `PostgresLeases` stands for a
//! process of its own: it shares nothing with another but the database.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

#[path = "../place/mod.rs"]
mod place;

use std::time::Duration;

use annals_core::{Lease, Leases};
use annals_postgres::{LeaseOptions, Postgres, PostgresLeases};
use futures_util::future::join_all;
use tokio::time::timeout;

use crate::place::Place;

const WORK: &str = "projection/balances";

/// Long enough for three beats on a busy machine.
const SHORT: Duration = Duration::from_millis(1_500);

/// Far longer than anything takes here, unless it is broken.
const LONG: Duration = Duration::from_secs(20);

/// A database of its own.
struct Shared {
    postgres: Postgres,
}

impl Shared {
    async fn new() -> Self {
        let postgres = Postgres::connect(&Place::on(annals_servers::postgres_url()).url())
            .await
            .unwrap();
        Self { postgres }
    }

    /// A process whose leases run out soon.
    fn process(&self) -> PostgresLeases {
        self.process_with(LeaseOptions::default().duration(SHORT))
    }

    /// A process whose leases run out after longer than any test.
    fn lasting_process(&self) -> PostgresLeases {
        self.process_with(LeaseOptions::default().duration(6 * LONG))
    }

    fn process_with(&self, options: LeaseOptions) -> PostgresLeases {
        PostgresLeases::new(&self.postgres, options)
    }

    async fn execute(&self, sql: &str) {
        let client = self.postgres.client().await.unwrap();
        client.execute(&self.postgres.sql(sql), &[]).await.unwrap();
    }

    async fn is_so(&self, sql: &str) -> bool {
        let client = self.postgres.client().await.unwrap();
        let rows = client.rows(&self.postgres.sql(sql), &[]).await.unwrap();
        rows[0].get(0)
    }

    async fn wait_until(&self, sql: &str) {
        let wait = async { while !self.is_so(sql).await {} };
        timeout(LONG, wait).await.expect("it comes to be so");
    }

    /// Waits until the lease was renewed, and renewed again when it would have run out since.
    async fn wait_for_renewals(&self) {
        let first = "create table {read}.first as select expires_at from {read}.annals_leases";
        self.execute(first).await;
        let renewed = "select held.expires_at > first.expires_at + interval '1500 milliseconds'
                       from {read}.annals_leases held, {read}.first";
        self.wait_until(renewed).await;
    }
}

async fn try_acquire(process: &PostgresLeases) -> Option<Lease> {
    process.try_acquire(WORK).await.unwrap()
}

async fn acquire(process: &PostgresLeases) -> Lease {
    let acquire = async {
        loop {
            if let Some(lease) = try_acquire(process).await {
                return lease;
            }
        }
    };
    timeout(LONG, acquire).await.expect("it becomes free")
}

#[tokio::test]
async fn of_many_that_ask_at_once_one_is_given_the_lease() {
    let shared = Shared::new().await;
    let processes: Vec<_> = (0..8).map(|_| shared.lasting_process()).collect();
    let given = join_all(processes.iter().map(try_acquire)).await;
    assert_eq!(given.iter().flatten().count(), 1);
}

#[tokio::test]
async fn a_process_is_not_given_the_lease_that_it_holds() {
    let shared = Shared::new().await;
    let process = shared.lasting_process();
    let held = try_acquire(&process).await.unwrap();
    assert!(try_acquire(&process).await.is_none());
    assert!(!held.is_lost());
}

#[tokio::test]
async fn whoever_asks_in_vain_writes_nothing() {
    let shared = Shared::new().await;
    let _held = try_acquire(&shared.lasting_process()).await.unwrap();
    assert!(try_acquire(&shared.lasting_process()).await.is_none());
    // Whoever locks a row leaves the number of a transaction in it.
    let untouched = "select xmax::text = '0' from {read}.annals_leases";
    assert!(shared.is_so(untouched).await);
}

#[tokio::test]
async fn leases_for_other_work_are_free() {
    let shared = Shared::new().await;
    let process = shared.lasting_process();
    let _held = try_acquire(&process).await.unwrap();
    assert!(process.try_acquire("other").await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_held_by_anyone_is_told() {
    let shared = Shared::new().await;
    let (one, other) = (shared.lasting_process(), shared.lasting_process());
    let first = one.try_acquire("saga/a_b/10").await.unwrap().unwrap();
    let _second = other.try_acquire("saga/a_b/9").await.unwrap();
    let _else = other.try_acquire("saga/aXb/1").await.unwrap();
    let held = async || one.held("saga/a_b/").await.unwrap();
    assert_eq!(held().await, ["saga/a_b/10", "saga/a_b/9"]);
    first.give_back().await;
    assert_eq!(held().await, ["saga/a_b/9"]);
}

#[tokio::test]
async fn a_lease_that_is_given_back_is_free_at_once_and_has_the_next_token() {
    let shared = Shared::new().await;
    let (one, other) = (shared.lasting_process(), shared.lasting_process());
    for token in [1, 3] {
        let lease = try_acquire(&one).await.unwrap();
        assert_eq!(lease.token(), token);
        lease.give_back().await;
        let lease = try_acquire(&other).await.unwrap();
        assert_eq!(lease.token(), token + 1);
        lease.give_back().await;
    }
}

#[tokio::test]
async fn a_lease_that_is_dropped_becomes_free() {
    let shared = Shared::new().await;
    drop(try_acquire(&shared.lasting_process()).await.unwrap());
    acquire(&shared.lasting_process()).await;
}

#[tokio::test]
async fn a_lease_is_kept_for_longer_than_it_was_given_for() {
    let shared = Shared::new().await;
    let lease = try_acquire(&shared.process()).await.unwrap();
    shared.wait_for_renewals().await;
    assert!(!lease.is_lost());
    assert!(try_acquire(&shared.process()).await.is_none());
}

#[tokio::test]
async fn a_lease_that_ran_out_is_lost_and_another_has_the_next_token() {
    let shared = Shared::new().await;
    let lost = try_acquire(&shared.process()).await.unwrap();

    shared
        .execute("update {read}.annals_leases set expires_at = clock_timestamp()")
        .await;

    timeout(LONG, lost.lost()).await.expect("it notices");
    let lease = try_acquire(&shared.lasting_process()).await.unwrap();
    assert_eq!(lease.token(), lost.token() + 1);
    drop(lost);
    assert!(try_acquire(&shared.lasting_process()).await.is_none());
}

#[tokio::test]
async fn a_lease_that_cannot_be_renewed_is_lost_before_the_server_says_so() {
    let shared = Shared::new().await;
    let lost = try_acquire(&shared.process()).await.unwrap();
    let mut client = shared.postgres.client().await.unwrap();
    let blocking = client.transaction().await.unwrap();
    let lock = "lock table {read}.annals_leases in exclusive mode";
    blocking.batch(&shared.postgres.sql(lock)).await.unwrap();

    timeout(LONG, lost.lost()).await.expect("it notices");

    blocking.commit().await.unwrap();
    assert_eq!(acquire(&shared.process()).await.token(), 2);
}

#[tokio::test]
async fn a_holder_that_is_stuck_loses_its_lease_though_it_is_alive() {
    let shared = Shared::new().await;
    let options = LeaseOptions::default()
        .duration(SHORT)
        .stuck_after(Duration::from_millis(1));
    let stuck = try_acquire(&shared.process_with(options)).await.unwrap();
    stuck.working();

    timeout(LONG, stuck.lost())
        .await
        .expect("it is found stuck");

    assert_eq!(acquire(&shared.process()).await.token(), 2);
}

#[tokio::test]
async fn a_connection_that_is_lost_is_made_again_and_the_lease_is_kept() {
    let shared = Shared::new().await;
    let lease = try_acquire(&shared.process()).await.unwrap();
    let renewing = "from pg_stat_activity
                    where query like 'update {read}.annals_leases%' and state = 'idle'";
    shared
        .wait_until(&format!("select count(*) = 1 {renewing}"))
        .await;

    shared
        .execute(&format!("select pg_terminate_backend(pid) {renewing}"))
        .await;

    shared.wait_for_renewals().await;
    assert!(!lease.is_lost());
}

#[tokio::test]
async fn a_lease_is_kept_though_what_it_was_asked_of_is_gone() {
    let shared = Shared::new().await;
    let process = shared.process();
    let lease = try_acquire(&process).await.unwrap();
    drop(process);
    shared.wait_for_renewals().await;
    assert!(!lease.is_lost());
}
