//! A partition that is not done holds up no other, up to how far an effect runs ahead.

use annals_core::Position;
use annals_runtime::ProjectionStatus;
use annals_sqlite::Database;

use crate::ledger::{LONG, new_store, record, record_in, until};
use crate::outside::{Answer, Call, Outside, perform_in};

/// Eight times as many as are performed at once.
const WINDOW: u64 = 64;

#[tokio::test]
async fn all_others_are_performed_while_one_is_not_answered_yet() {
    let (store, outside) = (new_store(), Outside::new());
    let database = Database::in_memory().await.unwrap();
    outside.answer(1, [Answer::Held]);
    let mut last = Position::START;
    for _ in 0..WINDOW + 10 {
        last = record(&*store, "Account", 1).await;
    }
    let (effect, _) = perform_in(Call::to(&outside), &store, &database).await;
    for position in 2..=WINDOW {
        outside.until_arrived(position).await;
    }
    assert_eq!(outside.called().len() as u64, WINDOW, "and none beyond");
    outside.open_gate();
    effect.wait_for(last, LONG).await.unwrap();
    assert_eq!(outside.called().len() as u64, WINDOW + 10);
}

#[tokio::test]
async fn all_others_go_on_while_one_fails_again_and_again() {
    let (store, outside) = (new_store(), Outside::new());
    let database = Database::in_memory().await.unwrap();
    outside.answer(1, std::iter::repeat_n(Answer::Busy, 100_000));
    record_in(&*store, "Account", "slow", 1).await;
    let (effect, _) = perform_in(Call::to(&outside), &store, &database).await;
    for position in 2..=WINDOW {
        record_in(&*store, "Account", "quick", 1).await;
        outside.until_arrived(position).await;
    }
    let is_retrying = |status: &_| matches!(status, ProjectionStatus::Retrying { .. });
    until(&effect, is_retrying).await;
    assert_eq!(effect.position(), Position::START);
    outside.mend();
    effect.wait_for(Position(WINDOW), LONG).await.unwrap();
    assert_eq!(outside.arrived().last(), Some(&1), "nothing is repeated");
}
