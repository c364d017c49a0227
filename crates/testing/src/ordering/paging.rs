//! Readers that page: several reads, each of which sees the store at its own moment.

use annals_core::{Position, Query};

use super::Skip;
use super::follower::{Followers, Following, Manner};
use super::trial::Trial;

const WRITERS: usize = 8;
const EVENTS: usize = 40;

/// Pages of many sizes, read while eight writers commit, put together are the log.
pub(super) async fn readers_that_page_while_writers_commit_see_the_log(
    trial: Trial,
) -> Result<(), Skip> {
    let mut followers = Followers::default();
    for manner in [1, 2, 3, 7, 50].map(Manner::Pages) {
        followers.join(trial.follow(Following::all(manner)));
        followers.join(trial.follow(Following::of(Query::category("Pair"), manner)));
    }
    let pairs = async {
        for _ in 0..EVENTS {
            trial.record("Pair-1", 2).await;
        }
    };
    tokio::join!(trial.write(WRITERS, EVENTS), pairs);
    trial.judge(followers).await;
    Ok(())
}

/// Wherever a checkpoint stood while writers committed, a read from there holds all the rest.
pub(super) async fn a_read_resumed_from_any_checkpoint_goes_on_where_it_was(
    trial: Trial,
) -> Result<(), Skip> {
    let reading = async {
        let mut checkpoints = vec![Position::START];
        let mut checkpoint = Position::START;
        while checkpoint < Position((WRITERS * EVENTS) as u64) {
            let rest = trial.rest(checkpoint).await;
            let last = rest.last().map_or(checkpoint, |event| event.position);
            let read = last.0 - checkpoint.0;
            assert_eq!(
                read,
                rest.len() as u64,
                "events from {checkpoint} to {last}"
            );
            checkpoint = last;
            checkpoints.push(checkpoint);
            tokio::task::yield_now().await;
        }
        checkpoints.dedup();
        checkpoints
    };
    let (_, checkpoints) = tokio::join!(trial.write(WRITERS, EVENTS), reading);
    let log = trial.log().await;
    for checkpoint in checkpoints {
        let passed = log.partition_point(|event| event.position <= checkpoint);
        assert_eq!(
            trial.rest(checkpoint).await,
            log[passed..],
            "after {checkpoint}"
        );
    }
    trial.judge(Followers::default()).await;
    Ok(())
}
