//! What a store acknowledged.

use annals_core::{Append, Appended};
use tokio::sync::watch;

/// The acknowledged appends of a trial, in the order of their acknowledgements.
pub(super) struct Ledger {
    entries: watch::Sender<Vec<Entry>>,
}

/// An append, and the answer to it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) append: Append,
    pub(super) appended: Appended,
}

impl Ledger {
    pub(super) fn of(entries: Vec<Entry>) -> Self {
        let entries = watch::Sender::new(entries);
        Self { entries }
    }

    pub(super) fn note(&self, append: Append, appended: Appended) {
        let entry = Entry { append, appended };
        self.entries.send_modify(|entries| entries.push(entry));
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.entries.borrow().clone()
    }

    /// Tells those who look for news when there are some.
    pub(super) fn watch(&self) -> watch::Receiver<Vec<Entry>> {
        self.entries.subscribe()
    }
}
