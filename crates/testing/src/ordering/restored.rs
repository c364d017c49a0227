//! Dumps that are restored in a fresh place, and go on there.

use annals_core::Position;

use super::Skip;
use super::follower::{Followers, Following, Manner};
use super::trial::Trial;

/// Positions and versions go on, and whoever comes with an old checkpoint misses nothing.
pub(super) async fn a_restored_store_goes_on_where_the_dump_was(trial: Trial) -> Result<(), Skip> {
    trial.write(5, 20).await;
    let restored = trial.dump_and_restore().await?;
    assert_eq!(restored.log().await, trial.log().await, "the restored log");

    let mut followers = Followers::default();
    for checkpoint in (0..=100).step_by(10).map(Position) {
        for manner in [Manner::Stays, Manner::Reconnects(4), Manner::Pages(9)] {
            followers.join(restored.follow(Following::all(manner).begun_after(checkpoint)));
        }
    }
    restored.write(5, 20).await;
    restored.judge(followers).await;
    assert_eq!(
        trial.head().await,
        Position(100),
        "the store that was dumped stays as it was"
    );
    Ok(())
}

/// An append that was acknowledged before the dump is found, and a retry of it stores nothing.
pub(super) async fn a_restored_store_knows_what_was_appended_before_the_dump(
    trial: Trial,
) -> Result<(), Skip> {
    trial.write(3, 10).await;
    let restored = trial.dump_and_restore().await?;
    restored.record("Later-1", 3).await;
    for entry in trial.acknowledged() {
        let again = restored.append(entry.append).await;
        assert_eq!(again, entry.appended, "the answer to a retry");
    }
    restored.judge(Followers::default()).await;
    Ok(())
}

/// A dump that is taken while writers commit holds what was acknowledged before, and what it holds
/// of the rest is the beginning of it.
pub(super) async fn a_dump_amid_writers_holds_a_prefix_of_the_log(
    trial: Trial,
) -> Result<(), Skip> {
    trial.write(4, 10).await;
    let (_, restored) = tokio::join!(trial.write(8, 60), trial.dump_and_restore());
    let restored = restored?.log().await;
    let log = trial.log().await;
    assert!(
        restored.len() >= 40,
        "what was acknowledged before the dump is in it"
    );
    assert!(
        log.starts_with(&restored),
        "the restored log is a prefix of the log"
    );
    trial.judge(Followers::default()).await;
    Ok(())
}
