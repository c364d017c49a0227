//! Planted bugs: what the proof has to convict.

use annals::runtime::CommandContext;

/// What is wrong with the parts that sagas rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    /// Commands lose their idempotency key on the way.
    KeysAreLost,
    /// Each attempt goes out under a key of its own.
    KeysDifferByAttempt,
    /// The courier does not remember what it was asked.
    CourierForgets,
    /// What was refused is carried out later.
    RefusalsPass,
    /// The store acknowledges what it did not write.
    AcknowledgedUnwritten,
    /// The store does not look at the expected version of an instance.
    ExpectedVersionIgnored,
    /// The last event of an instance is not seen.
    ReadsAreStale,
    /// The row that tells of a timer is lost when a process starts, and not made anew.
    RowsAreForgotten,
    /// An event counts as brought before it is taken in.
    CheckpointComesFirst,
}

impl Flaw {
    /// The one that is the courier's.
    pub(crate) fn of_courier(self) -> Self {
        match self {
            Self::CourierForgets => Self::KeysAreLost,
            flaw => flaw,
        }
    }

    /// The context that a command comes with, as the receiver sees it.
    pub(crate) fn of_receivers(self, mut context: CommandContext) -> CommandContext {
        match (self, &mut context.idempotency) {
            (Self::KeysAreLost, key) => *key = None,
            (Self::KeysDifferByAttempt, Some(key)) => {
                let attempt = tokio::time::Instant::now();
                key.key = format!("{} {attempt:?}", key.key);
            }
            _ => {}
        }
        context
    }
}
