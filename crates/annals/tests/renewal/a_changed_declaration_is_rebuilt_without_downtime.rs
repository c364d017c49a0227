//! A service that starts with another declaration reads what is there until it is rebuilt.

use annals::runtime::{CutOver, ProjectionStatus};
use annals::{Edition, Position, Projection, QueryError, Selection, Table};

use crate::balances::{Balance, Counted, InTenths};
use crate::place::{LONG, Place, assert_cut_over, caught_up, in_small_batches, is_compared};

const ACCOUNTS: u64 = 10;

/// A place with balances as the first version of the service left them, and a deposit to each account
/// since.
async fn left_behind(place: Place) -> Place {
    place.deposit(ACCOUNTS).await;
    let first = place.start::<Balance>().await;
    caught_up(&first, Position(ACCOUNTS)).await;
    first.stop().await;
    place.deposit(ACCOUNTS).await;
    place
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_old_edition_is_read_until_the_new_one_takes_its_place() {
    waits_for_its_edition(left_behind(Place::on_sqlite().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_the_old_edition_is_read_until_the_new_one_takes_its_place() {
    waits_for_its_edition(left_behind(Place::on_postgresql().await).await).await;
}

async fn waits_for_its_edition(place: Place) {
    let service = place.start::<InTenths>().await;
    let (balances, rebuilds) = (service.projection("balances"), service.rebuilds("balances"));
    // The old edition is complete up to there, and told to be.
    balances.wait_for(Position(ACCOUNTS), LONG).await.unwrap();
    assert!(matches!(balances.status(), ProjectionStatus::AwaitsRebuild));
    assert!(!balances.status().is_up_to_date());
    assert!(rebuilds.is_due().await.unwrap());
    assert_eq!(place.cents().await, 1);

    let rebuild = rebuilds.begin(in_small_batches(CutOver::WhenTold));
    rebuild.wait_for(is_compared).await;
    assert_eq!(place.cents().await, 1);
    rebuild.accept();
    assert_cut_over(&rebuild.end().await);
    assert_eq!(place.cents().await, 20);
    assert!(!rebuilds.is_due().await.unwrap());

    let last = place.deposit(ACCOUNTS).await;
    caught_up(&service, last).await;
    assert_eq!(place.cents().await, 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_is_due_begins_by_itself_and_no_query_sees_a_hole() {
    renews_itself(left_behind(Place::on_sqlite().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_a_rebuild_that_is_due_begins_by_itself_and_no_query_sees_a_hole() {
    renews_itself(left_behind(Place::on_postgresql().await).await).await;
}

async fn renews_itself(place: Place) {
    let table: Table<Balance> = Table::of(&place.read_models);
    let reader = tokio::spawn(async move {
        let mut renewed = false;
        while !renewed {
            let rows = table.list(Selection::new()).await.unwrap();
            assert_eq!(rows.len() as u64, ACCOUNTS);
            renewed = rows.iter().all(|row| row.cents == 20);
            assert!(renewed || rows.iter().all(|row| row.cents == 1), "{rows:?}");
            tokio::task::yield_now().await;
        }
    });
    let service = place.start_renewing::<InTenths>().await;
    caught_up(&service, Position(2 * ACCOUNTS)).await;
    tokio::time::timeout(LONG, reader).await.unwrap().unwrap();
    // Nothing is due to who starts with the same.
    service.stop().await;
    let again = place.start_renewing::<InTenths>().await;
    assert!(again.rebuilds("balances").latest().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_new_code_cannot_read_is_unavailable_until_then() {
    refuses_what_it_cannot_read(left_behind(Place::on_sqlite().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_what_new_code_cannot_read_is_unavailable_until_then() {
    refuses_what_it_cannot_read(left_behind(Place::on_postgresql().await).await).await;
}

async fn refuses_what_it_cannot_read(place: Place) {
    let service = place.start::<Counted>().await;
    let table = service.table::<Counted>();
    let refused = table.get(&"0".to_owned()).await.unwrap_err();
    let is_unavailable = matches!(refused, QueryError::Unavailable { .. });
    assert!(is_unavailable, "{refused:?}");

    let rebuild = service
        .rebuilds("balances")
        .begin(in_small_batches(CutOver::WhenComplete));
    assert_cut_over(&rebuild.end().await);
    let row = table.get(&"0".to_owned()).await.unwrap().unwrap();
    assert_eq!((row.cents, row.deposits), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_off_it_goes_on_at_the_next_start() {
    goes_on_at_the_next_start(left_behind(Place::on_sqlite().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_broken_off_it_goes_on_at_the_next_start() {
    goes_on_at_the_next_start(left_behind(Place::on_postgresql().await).await).await;
}

async fn goes_on_at_the_next_start(place: Place) {
    break_off::<InTenths>(&place).await;
    assert_eq!(place.cents().await, 1);

    let service = place.start_renewing::<InTenths>().await;
    let rebuild = service.rebuilds("balances").latest().unwrap();
    let ended = rebuild.end().await;
    assert_cut_over(&ended);
    assert_eq!(ended.began_at, Position(2 * ACCOUNTS));
    assert_eq!(place.cents().await, 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_by_another_fold_is_not_gone_on_with() {
    let place = left_behind(Place::on_sqlite().await).await;
    break_off::<InTenths>(&place).await;

    let service = place.start_renewing::<Counted>().await;
    let rebuild = service.rebuilds("balances").latest().unwrap();
    let ended = rebuild.end().await;
    assert_cut_over(&ended);
    assert_eq!((ended.began_at, ended.events), (Position::START, 20));
    assert_eq!(place.cents().await, 2);
}

/// Rebuilds all, and stops before the new edition takes the place.
async fn break_off<P: Projection>(place: &Place) {
    let service = place.start::<P>().await;
    let rebuilds = service.rebuilds("balances");
    let rebuild = rebuilds.begin(in_small_batches(CutOver::WhenTold));
    rebuild.wait_for(is_compared).await;
    service.stop().await;
    let editions = rebuilds.editions().await.unwrap();
    let editions: Vec<_> = editions.iter().map(|state| state.edition).collect();
    assert_eq!(editions, [Edition::Current, Edition::Candidate]);
}
