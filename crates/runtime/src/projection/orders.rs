//! What a runner is told to do.

use tokio::sync::watch;

/// What a runner is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Work, or wait for its turn to.
    Run,
    /// Do nothing until told otherwise.
    Pause,
    /// End, whatever comes after.
    Stop,
}

/// The runner's end of its orders.
pub(super) struct Orders(pub(super) watch::Receiver<Order>);

impl Orders {
    /// What it is told now.
    pub(super) fn now(&self) -> Order {
        *self.0.borrow()
    }

    /// What a future gives, or `None` as soon as the runner is told not to run.
    pub(super) async fn unless_told<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            _told = self.0.wait_for(|order| *order != Order::Run) => None,
            output = future => Some(output),
        }
    }

    /// Waits until a pause is over.
    pub(super) async fn until_pause_ends(&mut self) {
        // Whoever could tell has told to stop before it was gone.
        let _order = self.0.wait_for(|order| *order != Order::Pause).await;
    }
}
