//! Subscribers that come and go.

use annals_core::{Position, Query};

use super::Skip;
use super::follower::{Followers, Following, Manner};
use super::trial::Trial;

const WRITERS: usize = 8;
const EVENTS: usize = 30;

/// Subscribers that go away after every few deliveries and come back after their checkpoint.
pub(super) async fn a_subscriber_that_reconnects_after_every_few_deliveries_sees_the_log(
    trial: Trial,
) -> Result<(), Skip> {
    let mut followers = Followers::default();
    for manner in [2, 3, 7].map(Manner::Reconnects) {
        followers.join(trial.follow(Following::all(manner)));
        followers.join(trial.follow(Following::of(Query::category("Rare"), manner)));
    }
    let rare = async {
        for _ in 0..5 {
            trial.record("Rare-1", 1).await;
        }
    };
    tokio::join!(trial.write(WRITERS, EVENTS), rare);
    trial.judge(followers).await;
    Ok(())
}

/// Subscribers that begin after any position, also one that is being written just then.
pub(super) async fn a_subscriber_that_begins_anywhere_amid_writers_sees_the_rest(
    trial: Trial,
) -> Result<(), Skip> {
    let mut first = trial.follow(Following::all(Manner::Stays));
    let late = async {
        let mut late = Followers::default();
        for after in (0..WRITERS * EVENTS).step_by(20) {
            let after = Position(after as u64);
            first.pass(after).await;
            for manner in [Manner::Stays, Manner::Reconnects(5)] {
                late.join(trial.follow(Following::all(manner).begun_after(after)));
            }
        }
        late
    };
    let (_, late) = tokio::join!(trial.write(WRITERS, EVENTS), late);
    first.join(late);
    trial.judge(first).await;
    Ok(())
}
