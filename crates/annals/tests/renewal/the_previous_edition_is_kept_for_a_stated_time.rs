//! What was read before a rebuild is kept up to date for a while, then dropped.

use std::sync::Arc;
use std::time::Duration;

use annals::runtime::{
    CutOver, EditionOptions, ProjectionHandle, RebuildError, Rebuilds, RunnerOptions,
};
use annals::{Clock, Edition, Position, TableFold, Timestamp};
use annals_testing::ManualClock;

use crate::balances::Balance;
use crate::place::{LONG, Place, assert_cut_over, in_small_batches};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A process by a clock that is turned by hand, which keeps what it read before for two days.
struct Process {
    rebuilds: Rebuilds,
    balances: ProjectionHandle,
}

impl Process {
    async fn on(place: &Place, clock: &ManualClock) -> Self {
        let runner = RunnerOptions {
            leases: Some(Arc::clone(&place.leases)),
            lease_retry: Duration::from_millis(5),
            clock: Arc::new(clock.clone()),
            ..RunnerOptions::default()
        };
        let options = EditionOptions {
            runner,
            keep_previous: 2 * DAY,
        };
        let fold = TableFold::of_rows::<Balance>();
        let rebuilds = Rebuilds::new(&place.store, &place.read_models, fold, options);
        let projector = rebuilds.projector().await.unwrap();
        let balances = rebuilds.run(projector).await.unwrap();
        rebuilds.keep_previous().await.unwrap();
        Self { rebuilds, balances }
    }

    async fn rebuild(&self, position: Position) {
        self.balances.wait_for(position, LONG).await.unwrap();
        let options = in_small_batches(CutOver::WhenSame);
        assert_cut_over(&self.rebuilds.begin(options).end().await);
    }

    async fn position_of(&self, edition: Edition) -> Option<Position> {
        let states = self.rebuilds.editions().await.unwrap();
        let state = states.iter().find(|state| state.edition == edition);
        state.map(|state| state.position)
    }

    async fn until_previous_is_at(&self, position: Position) {
        let looking = async {
            while self.position_of(Edition::Previous).await != Some(position) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(LONG, looking).await.unwrap();
    }
}

fn day(days: u32) -> Timestamp {
    Timestamp::UNIX_EPOCH + days * DAY
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_dropped_once_it_was_kept_for_so_long() {
    is_kept(Place::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_it_is_dropped_once_it_was_kept_for_so_long() {
    is_kept(Place::on_postgresql().await).await;
}

async fn is_kept(place: Place) {
    let clock = ManualClock::at(day(0));
    let process = Process::on(&place, &clock).await;
    assert_eq!(process.rebuilds.previous_until().await.unwrap(), None);
    process.rebuild(place.deposit(5).await).await;
    let until = process.rebuilds.previous_until().await.unwrap();
    assert_eq!(until, Some(day(2)));

    clock.advance(DAY);
    process.rebuilds.roll_back().await.unwrap();
    let until = process.rebuilds.previous_until().await.unwrap();
    assert_eq!(until, Some(day(3)), "going back counts anew");

    clock.advance(2 * DAY - Duration::from_secs(1));
    process.rebuilds.look_after_previous().await.unwrap();
    assert!(process.position_of(Edition::Previous).await.is_some());
    clock.advance(Duration::from_secs(1));
    assert_eq!(clock.now(), day(3));
    process.rebuilds.look_after_previous().await.unwrap();
    assert_eq!(process.position_of(Edition::Previous).await, None);
    let refused = process.rebuilds.roll_back().await.unwrap_err();
    let is_gone = matches!(refused, RebuildError::NothingToGoBackTo);
    assert!(is_gone, "{refused}");
    process.rebuilds.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_process_keeps_it_up_to_date_whichever_rebuilt() {
    any_process_follows(Place::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_any_process_keeps_it_up_to_date_whichever_rebuilt() {
    any_process_follows(Place::on_postgresql().await).await;
}

async fn any_process_follows(place: Place) {
    let clock = ManualClock::at(day(0));
    let one = Process::on(&place, &clock).await;
    let other = Process::on(&place, &clock).await;
    one.rebuild(place.deposit(5).await).await;
    one.rebuilds.stop().await;
    one.balances.stop().await;

    other.rebuilds.look_after_previous().await.unwrap();
    let last = place.deposit(5).await;
    other.until_previous_is_at(last).await;
    other.rebuilds.stop().await;
}
