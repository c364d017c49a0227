//! Whatever a rebuild is at, it does what it is told, and leaves nothing behind that was given up.

use std::sync::Arc;

use annals::runtime::{Backoff, CutOver, RebuildError, RebuildOptions, RebuildPhase};
use annals::{Edition, Lease, LeaseError, Leases};
use async_trait::async_trait;
use tokio::sync::{Notify, Semaphore};

use crate::balances::Balance;
use crate::place::{LONG, Place, caught_up, in_small_batches, is_compared};

/// Leases of which the one for a rebuild is granted so many times: then another process is faster.
struct Granted {
    leases: Arc<dyn Leases>,
    times: Semaphore,
}

#[async_trait]
impl Leases for Granted {
    async fn try_acquire(&self, work: &str) -> Result<Option<Lease>, LeaseError> {
        if work.starts_with("rebuild/") {
            let Ok(once) = self.times.try_acquire() else {
                return Ok(None);
            };
            once.forget();
        }
        self.leases.try_acquire(work).await
    }

    async fn held(&self, prefix: &str) -> Result<Vec<String>, LeaseError> {
        self.leases.held(prefix).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_is_dropped_before_another_process_can_go_on_with_it() {
    let mut place = Place::on_sqlite().await;
    place.leases = Arc::new(Granted {
        leases: Arc::clone(&place.leases),
        times: Semaphore::new(1),
    });
    let last = place.deposit(10).await;
    let service = place.start::<Balance>().await;
    caught_up(&service, last).await;
    let rebuilds = service.rebuilds("balances");
    let rebuild = rebuilds.begin(in_small_batches(CutOver::WhenTold));
    rebuild.wait_for(is_compared).await;

    rebuild.cancel();
    let ended = rebuild.end().await;
    assert!(matches!(ended.phase, RebuildPhase::Cancelled));
    let editions = rebuilds.editions().await.unwrap();
    let editions: Vec<_> = editions.iter().map(|state| state.edition).collect();
    assert_eq!(editions, [Edition::Current]);
}

/// Leases that cannot be told who rebuilds.
struct Unavailable {
    leases: Arc<dyn Leases>,
    asked: Arc<Notify>,
}

#[async_trait]
impl Leases for Unavailable {
    async fn try_acquire(&self, work: &str) -> Result<Option<Lease>, LeaseError> {
        if !work.starts_with("rebuild/") {
            return self.leases.try_acquire(work).await;
        }
        self.asked.notify_one();
        Err(LeaseError::Unavailable(Arc::new(std::io::Error::other(
            "cut off",
        ))))
    }

    async fn held(&self, prefix: &str) -> Result<Vec<String>, LeaseError> {
        self.leases.held(prefix).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_broken_off_while_it_waits_to_try_again() {
    let mut place = Place::on_sqlite().await;
    let asked = Arc::new(Notify::new());
    place.leases = Arc::new(Unavailable {
        leases: Arc::clone(&place.leases),
        asked: Arc::clone(&asked),
    });
    let service = place.start::<Balance>().await;
    let rebuild = service.rebuilds("balances").begin(RebuildOptions {
        backoff: Backoff {
            first: 100 * LONG,
            most: 100 * LONG,
        },
        ..RebuildOptions::default()
    });
    asked.notified().await;
    rebuild.break_off();
    let ended = tokio::time::timeout(LONG, rebuild.end()).await.unwrap();
    let is_broken_off = matches!(ended.phase, RebuildPhase::Failed(RebuildError::BrokenOff));
    assert!(is_broken_off, "{:?}", ended.phase);
}
