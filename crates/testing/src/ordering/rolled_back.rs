//! Appends that came to nothing: no reader waits for what they would have been.

use annals_core::{AppendError, ExpectedVersion, Position, Query};

use super::Skip;
use super::trial::Trial;

const ROUNDS: usize = 60;

/// Between every two commits a transaction is rolled back; followers pass each commit at once.
pub(super) async fn roll_backs_leave_no_gap_that_stalls_a_reader(trial: Trial) -> Result<(), Skip> {
    let mut followers = trial.follow_in_every_manner("Kept");
    for round in 0..ROUNDS {
        let held = trial
            .hold_open(trial.new_append("Undone-1", 1 + round % 3))
            .await?;
        held.roll_back().await;
        let appended = trial.record("Kept-1", 1).await;
        followers.pass(appended.last).await;
    }
    trial.judge(followers).await;
    Ok(())
}

/// Between every two commits an append is refused, because of a version or of a condition.
pub(super) async fn refusals_leave_no_gap_that_stalls_a_reader(trial: Trial) -> Result<(), Skip> {
    let mut followers = trial.follow_in_every_manner("Kept");
    trial.record("Kept-1", 1).await;
    for round in 0..ROUNDS {
        let mut refused = trial.new_append("Kept-1", 2);
        match round % 2 {
            0 => refused.writes[0].expected = ExpectedVersion::NoStream,
            _ => refused = refused.unless(Query::all(), Position::START),
        }
        let refusal = trial.try_append(refused).await;
        assert!(
            matches!(
                refusal,
                Err(AppendError::Conflict { .. } | AppendError::ConditionFailed { .. })
            ),
            "{refusal:?}"
        );
        let appended = trial.record("Kept-1", 1).await;
        followers.pass(appended.last).await;
    }
    trial.judge(followers).await;
    Ok(())
}
