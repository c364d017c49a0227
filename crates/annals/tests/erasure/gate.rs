//! A gate that holds whoever comes to it while it is closed.

use std::sync::Arc;

use tokio::sync::watch;

/// Open at first. Clones are the same.
#[derive(Clone)]
pub(crate) struct Gate(Arc<watch::Sender<State>>);

#[derive(Default)]
struct State {
    is_closed: bool,
    waiting: usize,
}

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(State::default())))
    }
}

impl Gate {
    pub(crate) fn close(&self) {
        self.0.send_modify(|state| state.is_closed = true);
    }

    pub(crate) fn open(&self) {
        self.0.send_modify(|state| state.is_closed = false);
    }

    /// Waits until it is open.
    pub(crate) async fn pass(&self) {
        self.0.send_modify(|state| state.waiting += 1);
        let mut state = self.0.subscribe();
        state.wait_for(|state| !state.is_closed).await.unwrap();
        self.0.send_modify(|state| state.waiting -= 1);
    }

    /// Waits until somebody is held by it.
    pub(crate) async fn somebody_waits(&self) {
        let mut state = self.0.subscribe();
        let is_holding = |state: &State| state.is_closed && state.waiting > 0;
        state.wait_for(is_holding).await.unwrap();
    }
}
