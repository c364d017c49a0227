//! Word of the inbox to the runner of the same process, that there is something to do for an instance.
//!
//! It saves the way over the read model, and nothing depends on it: word that is lost, since there is
//! too much of it or nobody listens, is made up for by the index.

use std::future::pending;

use annals_core::InstanceId;
use tokio::sync::broadcast::{self, error::RecvError};

/// So many are kept until somebody listens; then the oldest are forgotten.
const KEPT: usize = 1_024;

/// Where word is given. Clones are the same place.
#[derive(Clone)]
pub(super) struct Nudges(broadcast::Sender<InstanceId>);

/// Where it is listened for.
pub(super) struct Nudged(broadcast::Receiver<InstanceId>);

impl Nudges {
    pub(super) fn new() -> Self {
        Self(broadcast::Sender::new(KEPT))
    }

    /// Gives word of an instance, to whoever listens; that may be nobody.
    pub(super) fn give(&self, instance: &InstanceId) {
        drop(self.0.send(instance.clone()));
    }

    pub(super) fn listen(&self) -> Nudged {
        Nudged(self.0.subscribe())
    }
}

impl Nudged {
    /// Listens anew, to what is said from now on.
    pub(super) fn anew(&self) -> Self {
        Self(self.0.resubscribe())
    }

    /// Waits for the next word.
    pub(super) async fn next(&mut self) -> InstanceId {
        loop {
            match self.0.recv().await {
                Ok(instance) => return instance,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => pending().await,
            }
        }
    }
}
