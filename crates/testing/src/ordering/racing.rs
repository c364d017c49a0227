//! Two handles on the same data, as two processes have them.

use annals_core::{AppendError, ExpectedVersion, StreamVersion};

use super::Skip;
use super::trial::Trial;

/// Both write and both follow: positions are dense, and everybody sees one order.
pub(super) async fn two_handles_that_race_agree_on_one_order(trial: Trial) -> Result<(), Skip> {
    let other = trial.second_handle().await?;
    let mut followers = trial.follow_in_every_manner("Writer");
    followers.join(other.follow_in_every_manner("Writer"));
    // The same streams, so that versions are raced for as well.
    tokio::join!(trial.write(8, 60), other.write(8, 60));
    assert_eq!(trial.log().await, other.log().await);
    other.judge(followers).await;
    Ok(())
}

/// Both expect the same version of a stream: one append is recorded, the other is a conflict.
pub(super) async fn of_two_handles_that_race_for_a_version_one_wins(
    trial: Trial,
) -> Result<(), Skip> {
    let other = trial.second_handle().await?;
    let followers = trial.follow_in_every_manner("Raced");
    for version in (0..40).map(StreamVersion) {
        let [one, two] = [&trial, &other].map(|handle| {
            let mut append = handle.new_append("Raced-1", 1);
            append.writes[0].expected = ExpectedVersion::from(version);
            handle.try_append(append)
        });
        let (loser, winner) = match tokio::join!(one, two) {
            (Ok(winner), Err(loser)) | (Err(loser), Ok(winner)) => (loser, winner),
            both => panic!("one of two must win, at {version}: {both:?}"),
        };
        assert_eq!(winner.versions[0].1, version.next());
        assert!(
            matches!(loser, AppendError::Conflict { actual, .. } if actual == version.next()),
            "the one that lost was told: {loser}"
        );
    }
    trial.judge(followers).await;
    Ok(())
}

/// What was acknowledged through one handle is seen at once through the other.
pub(super) async fn what_one_handle_acknowledges_the_other_sees(trial: Trial) -> Result<(), Skip> {
    let other = trial.second_handle().await?;
    let mut followers = trial.follow_in_every_manner("Writer");
    followers.join(other.follow_in_every_manner("Writer"));
    for round in 0..40 {
        let [near, far] = match round % 2 {
            0 => [&trial, &other],
            _ => [&other, &trial],
        };
        let appended = near.record("Writer-1", 1).await;
        assert_eq!(
            far.head().await,
            appended.last,
            "the head, through the other handle"
        );
        followers.pass(appended.last).await;
    }
    trial.judge(followers).await;
    Ok(())
}
