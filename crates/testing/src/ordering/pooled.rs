//! Through a pooler, where consecutive statements may run in different sessions.

use super::Skip;
use super::trial::Trial;

/// Writers and followers, half of them through a pooler, see one log.
pub(super) async fn through_a_pooler_the_log_is_the_same(trial: Trial) -> Result<(), Skip> {
    let pooled = trial.pooled().await?;
    let mut followers = trial.follow_in_every_manner("Writer");
    followers.join(pooled.follow_in_every_manner("Writer"));
    tokio::join!(trial.write(6, 40), pooled.write(6, 40));
    pooled.judge(followers).await;
    Ok(())
}
