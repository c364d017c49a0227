//! Of several processes that would rebuild a read model one does, and the others wait for it.

use annals::Position;
use annals::runtime::{CutOver, RebuildPhase};

use crate::balances::{Balance, InTenths};
use crate::place::{Place, assert_cut_over, caught_up, in_small_batches, is_compared};

fn is_elsewhere(phase: &RebuildPhase) -> bool {
    matches!(phase, RebuildPhase::Elsewhere)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_one_tells_how_far_the_first_is_and_is_done_with_it() {
    is_done_with_the_first(Place::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_a_second_one_tells_how_far_the_first_is_and_is_done_with_it() {
    is_done_with_the_first(Place::on_postgresql().await).await;
}

async fn is_done_with_the_first(place: Place) {
    let last = place.deposit(10).await;
    let (one, other) = (
        place.start::<Balance>().await,
        place.start::<Balance>().await,
    );
    caught_up(&one, last).await;
    let first = one
        .rebuilds("balances")
        .begin(in_small_batches(CutOver::WhenTold));
    first.wait_for(is_compared).await;
    let second = other
        .rebuilds("balances")
        .begin(in_small_batches(CutOver::WhenSame));
    let waiting = second.wait_for(is_elsewhere).await;
    assert!(is_elsewhere(&waiting.phase), "{:?}", waiting.phase);
    assert_eq!((waiting.position, waiting.events), (last, 0));

    first.accept();
    assert_cut_over(&first.end().await);
    let ended = second.end().await;
    assert_cut_over(&ended);
    assert_eq!(ended.events, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_one_goes_on_where_the_first_was_broken_off() {
    let place = Place::on_sqlite().await;
    let last = place.deposit(10).await;
    let (one, other) = (
        place.start::<Balance>().await,
        place.start::<Balance>().await,
    );
    caught_up(&one, last).await;
    let first = one
        .rebuilds("balances")
        .begin(in_small_batches(CutOver::WhenTold));
    first.wait_for(is_compared).await;
    let second = other
        .rebuilds("balances")
        .begin(in_small_batches(CutOver::WhenSame));
    second.wait_for(is_elsewhere).await;

    first.break_off();
    let ended = second.end().await;
    assert_cut_over(&ended);
    assert_eq!((ended.began_at, ended.events), (last, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_given_up_while_it_waits_leaves_what_the_other_makes() {
    let place = Place::on_sqlite().await;
    let last = place.deposit(10).await;
    let (one, other) = (
        place.start::<Balance>().await,
        place.start::<Balance>().await,
    );
    caught_up(&one, last).await;
    let first = one
        .rebuilds("balances")
        .begin(in_small_batches(CutOver::WhenTold));
    first.wait_for(is_compared).await;
    let second = other
        .rebuilds("balances")
        .begin(in_small_batches(CutOver::WhenSame));
    second.wait_for(is_elsewhere).await;

    second.cancel();
    let ended = second.end().await;
    assert!(matches!(ended.phase, RebuildPhase::Cancelled));
    first.accept();
    assert_cut_over(&first.end().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_find_it_due_rebuild_it_once() {
    rebuild_it_once(Place::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_processes_that_find_it_due_rebuild_it_once() {
    rebuild_it_once(Place::on_postgresql().await).await;
}

async fn rebuild_it_once(place: Place) {
    let last = place.deposit(10).await;
    let before = place.start::<Balance>().await;
    caught_up(&before, last).await;
    before.stop().await;

    let (one, other) = tokio::join!(
        place.start_renewing::<InTenths>(),
        place.start_renewing::<InTenths>(),
    );
    let mut events = 0;
    for service in [&one, &other] {
        // None: it was done before this process looked.
        if let Some(rebuild) = service.rebuilds("balances").latest() {
            let ended = rebuild.end().await;
            assert_cut_over(&ended);
            events += ended.events;
        }
        caught_up(service, last).await;
    }
    assert_eq!(events, 10);
    assert_eq!(last, Position(10));
    assert_eq!(place.cents().await, 10);
}
