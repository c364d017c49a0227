//! The last steps of an edition that is to take the place of the current one, which stands still
//! meanwhile.

use std::time::Duration;

use annals_core::{Position, Successor};
use async_trait::async_trait;
use tokio::time::Instant;

use super::catch_up::CatchUp;
use super::progress::RebuildError;

/// How long the current edition stands still, but for the last step. Queries go on; those that wait
/// for what is recorded meanwhile wait so much longer.
const AT_MOST: Duration = Duration::from_secs(1);

/// Takes the last steps, and keeps why it could not.
pub(super) struct LastSteps<'a> {
    catch_up: &'a mut CatchUp,
    pub(super) failed: Option<RebuildError>,
}

impl<'a> LastSteps<'a> {
    pub(super) fn of(catch_up: &'a mut CatchUp) -> Self {
        let failed = None;
        Self { catch_up, failed }
    }

    /// What went wrong, if anything did.
    pub(super) fn outcome(self) -> Result<(), RebuildError> {
        self.failed.map_or(Ok(()), Err)
    }

    async fn step_up_to(&mut self, position: Position) -> Result<(), RebuildError> {
        let began = Instant::now();
        while began.elapsed() < AT_MOST {
            if self.catch_up.step(position).await?.is_last {
                break;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Successor for LastSteps<'_> {
    async fn catch_up(&mut self, position: Position) {
        self.failed = self.step_up_to(position).await.err();
    }
}

#[cfg(test)]
mod tests;
