//! Transactions that are held open while others commit.

use super::Skip;
use super::follower::Followers;
use super::trial::{HeldAppend, Trial};
use crate::conformance::Random;

const WRITERS: usize = 8;
/// Commits of each writer while a transaction is held open: thousands together.
const COMMITS: usize = 300;
/// Steps of a case that interleaves transactions.
const STEPS: usize = 120;

/// A transaction does all it can before its commit, thousands of others begin and commit, everybody
/// follows them, and then it commits.
pub(super) async fn a_commit_held_back_behind_thousands_is_missed_by_nobody(
    trial: Trial,
) -> Result<(), Skip> {
    let (followers, held) = hold_behind_thousands(&trial).await?;
    held.commit().await;
    trial.write(WRITERS, 5).await;
    trial.judge(followers).await;
    Ok(())
}

/// The same, rolled back in the end: nobody sees it, and nobody waits for it.
pub(super) async fn a_roll_back_held_back_behind_thousands_leaves_no_trace(
    trial: Trial,
) -> Result<(), Skip> {
    let (followers, held) = hold_behind_thousands(&trial).await?;
    held.roll_back().await;
    trial.write(WRITERS, 5).await;
    trial.judge(followers).await;
    Ok(())
}

/// Many transactions are open at once and end in any order, some in a roll-back, while others
/// commit and everybody follows.
pub(super) async fn interleaved_transactions_that_end_in_any_order_are_missed_by_nobody(
    trial: Trial,
) -> Result<(), Skip> {
    let mut followers = trial.follow_in_every_manner("Held");
    let mut random = Random::seeded(7);
    let mut open: Vec<HeldAppend> = Vec::new();
    for step in 0..STEPS {
        let stream = format!("Held-{}", step % 5);
        match random.below(4) {
            0 if open.len() < 6 => open.push(trial.hold_open(trial.new_append(&stream, 2)).await?),
            1 if !open.is_empty() => end(open.swap_remove(random.below(open.len())), step).await,
            2 => followers.pass(trial.head().await).await,
            _ => drop(trial.record(&stream, 1).await),
        }
    }
    for (held, step) in open.into_iter().zip(0..) {
        end(held, step).await;
    }
    trial.judge(followers).await;
    Ok(())
}

/// While a transaction is open, whoever reads sees what was acknowledged meanwhile, all of it.
pub(super) async fn a_held_transaction_keeps_no_reader_from_what_was_acknowledged(
    trial: Trial,
) -> Result<(), Skip> {
    let mut followers = trial.follow_in_every_manner("Writer");
    let held = trial.hold_open(trial.new_append("Held-1", 1)).await?;
    for _ in 0..20 {
        let appended = trial.record("Writer-1", 2).await;
        assert_eq!(
            trial.head().await,
            appended.last,
            "the head, right after the acknowledgement"
        );
        let log = trial.log().await;
        assert_eq!(log.last().map(|event| event.position), Some(appended.last));
        followers.pass(appended.last).await;
    }
    held.commit().await;
    trial.judge(followers).await;
    Ok(())
}

/// A transaction that is open while thousands commit, and followers that have passed all of those.
async fn hold_behind_thousands(trial: &Trial) -> Result<(Followers, HeldAppend), Skip> {
    trial.record("Earlier-1", 5).await;
    let mut followers = trial.follow_in_every_manner("Held");
    let held = trial.hold_open(trial.new_append("Held-1", 3)).await?;
    trial.write(WRITERS, COMMITS).await;
    followers.pass(trial.head().await).await;
    Ok((followers, held))
}

/// Every third is rolled back.
async fn end(held: HeldAppend, step: usize) {
    match step % 3 {
        0 => held.roll_back().await,
        _ => drop(held.commit().await),
    }
}
