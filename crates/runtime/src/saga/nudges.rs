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

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(number: usize) -> InstanceId {
        InstanceId::new(number.to_string()).unwrap()
    }

    #[tokio::test]
    async fn whoever_is_slow_to_listen_hears_the_latest() {
        let nudges = Nudges::new();
        let mut nudged = nudges.listen();
        for number in 0..3 * KEPT {
            nudges.give(&instance(number));
        }
        for number in 2 * KEPT..3 * KEPT {
            assert_eq!(nudged.next().await, instance(number));
        }
    }

    #[tokio::test]
    async fn whoever_listens_anew_hears_nothing_of_before() {
        let nudges = Nudges::new();
        let nudged = nudges.listen();
        nudges.give(&instance(1));
        let mut nudged = nudged.anew();
        nudges.give(&instance(2));
        assert_eq!(nudged.next().await, instance(2));
    }
}
