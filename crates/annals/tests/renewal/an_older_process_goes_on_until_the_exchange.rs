//! While services are replaced one by one, the older ones go on with the read model that is theirs.

use annals::ProjectionError;
use annals::runtime::{CutOver, ProjectionStatus, RunError};

use crate::balances::{Balance, InTenths};
use crate::place::{LONG, Place, assert_cut_over, caught_up, in_small_batches, is_compared};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_keeps_the_current_edition_up_to_date_until_then() {
    goes_on(Place::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_it_keeps_the_current_edition_up_to_date_until_then() {
    goes_on(Place::on_postgresql().await).await;
}

async fn goes_on(place: Place) {
    let older = place.start::<Balance>().await;
    caught_up(&older, place.deposit(5).await).await;
    let newer = place.start::<InTenths>().await;
    let rebuild = newer
        .rebuilds("balances")
        .begin(in_small_batches(CutOver::WhenTold));
    rebuild.wait_for(is_compared).await;

    let last = place.deposit(5).await;
    caught_up(&older, last).await;
    // Whoever wrote through the newer process finds it there too.
    caught_up(&newer, last).await;
    assert_eq!(place.cents().await, 2);

    rebuild.accept();
    assert_cut_over(&rebuild.end().await);
    assert_eq!(place.cents().await, 20);
    let last = place.deposit(5).await;
    caught_up(&newer, last).await;
    assert_eq!(place.cents().await, 30);
    let balances = older.projection("balances");
    balances.wait_for(last, LONG).await.unwrap_err();
    assert!(matches!(
        balances.status(),
        ProjectionStatus::Failed {
            error: RunError::ReadModel(ProjectionError::Superseded { .. })
        }
    ));
}
