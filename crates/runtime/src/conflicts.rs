//! What a command does when other writers come first.

use std::num::NonZeroU32;
use std::time::Duration;

use annals_core::IdSource;

use crate::backoff::Backoff;

/// How often a command is decided because other writers came first, and how long it waits between.
///
/// It is decided again on what they recorded, so that no rule is passed over. A command that names the
/// version it [expects](crate::CommandContext::expected) is not: its caller has to see what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConflictPolicy {
    /// How often it is decided at most.
    pub attempts: NonZeroU32,
    /// How long it waits from the second conflict on. The first one is mostly the only one, and is
    /// answered at once.
    pub backoff: Backoff,
}

impl Default for ConflictPolicy {
    /// 16 times within less than half a second.
    fn default() -> Self {
        Self {
            attempts: NonZeroU32::new(16).expect("16 is not zero"),
            backoff: Backoff {
                first: Duration::from_millis(1),
                most: Duration::from_millis(50),
            },
        }
    }
}

impl ConflictPolicy {
    /// Waits after so many conflicts in a row.
    pub(crate) async fn pause(&self, conflicts: u32, ids: &dyn IdSource) {
        if conflicts > 1 {
            self.backoff.pause(conflicts - 1, ids).await;
        }
    }
}
