//! What a rebuild tells of how long it takes.

use annals_testing::ManualClock;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// The step that ends at a position, of as many as there will be.
fn step_to(position: u64) -> Step {
    Step {
        position: Position(position),
        head: Position(100),
        events: 10,
        is_last: false,
    }
}

#[test]
fn only_the_time_that_folding_takes_counts() {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let (mut report, progress) = Report::new("balances", Arc::new(clock.clone()));
    // It waits for its turn.
    clock.advance(100 * SECOND);
    report.resumed(Position::START);
    report.sets_out();
    clock.advance(SECOND);
    report.step(&step_to(10));
    report.paused(true);
    clock.advance(100 * SECOND);
    report.paused(false);
    clock.advance(SECOND);
    report.step(&step_to(20));
    // It fails, and tries again.
    clock.advance(100 * SECOND);
    report.resumed(Position(20));
    report.sets_out();
    clock.advance(SECOND);
    report.step(&step_to(30));

    let progress = progress.borrow().clone();
    assert_eq!((progress.elapsed, progress.events), (3 * SECOND, 30));
    assert_eq!(progress.remaining(), Some(7 * SECOND));
}
