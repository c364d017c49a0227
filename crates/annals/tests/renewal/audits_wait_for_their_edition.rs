//! While a read model is of another declaration there is nothing to audit; once it is rebuilt, there is.

use annals::Position;
use annals::runtime::{CutOver, LatestAudit, ProjectionStatus};

use crate::balances::{Balance, InTenths};
use crate::place::{LONG, Place, assert_cut_over, caught_up, in_small_batches};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_before_the_rebuild_ends_no_audits() {
    audits_what_is_rebuilt(Place::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_a_pause_before_the_rebuild_ends_no_audits() {
    audits_what_is_rebuilt(Place::on_postgresql().await).await;
}

async fn audits_what_is_rebuilt(place: Place) {
    let last = place.deposit(10).await;
    let first = place.start::<Balance>().await;
    caught_up(&first, last).await;
    first.stop().await;

    let service = place.start::<InTenths>().await;
    let balances = service.projection("balances");
    // Nobody takes it for one that is at work, not even before its first look.
    assert!(awaits_rebuild(&balances.status()));
    let mut audits = service.background_audit("balances").unwrap().watch();
    balances.pause().await;
    balances.resume().await;
    assert!(awaits_rebuild(&balances.status()));
    assert!(audits.borrow().is_none(), "{:?}", *audits.borrow());

    let rebuilds = service.rebuilds("balances");
    let rebuild = rebuilds.begin(in_small_batches(CutOver::WhenComplete));
    assert_cut_over(&rebuild.end().await);
    let audited = audits.wait_for(|latest| is_complete_up_to(latest, last));
    let audited = tokio::time::timeout(LONG, audited).await.unwrap();
    assert!(audited.is_ok(), "the audits are over");
}

fn awaits_rebuild(status: &ProjectionStatus) -> bool {
    matches!(status, ProjectionStatus::AwaitsRebuild)
}

fn is_complete_up_to(latest: &LatestAudit, position: Position) -> bool {
    let audit = latest.as_ref().and_then(|latest| latest.as_ref().ok());
    audit.is_some_and(|audit| audit.is_complete() && audit.complete_up_to == position)
}
