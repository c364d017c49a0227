//! What goes out together: all other writers wait for as long as it takes.

use std::collections::HashSet;

use annals_core::{Append, AppendId, EventId, NewEvent};

/// A batch takes no more appends once it has so many events, or so many bytes.
const EVENTS: usize = 5_000;
const BYTES: usize = 4 * 1024 * 1024;

/// Appends that are recorded together. Among them, none is a repeat of another.
#[derive(Default)]
pub(super) struct Batch {
    appends: Vec<Append>,
    ids: HashSet<AppendId>,
    event_ids: HashSet<EventId>,
    bytes: usize,
}

impl Batch {
    /// All appends, in order.
    pub(super) fn appends(&self) -> impl Iterator<Item = &Append> {
        self.appends.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.appends.is_empty()
    }

    /// False for a repeat, too: what it repeats must be recorded first.
    pub(super) fn has_room_for(&self, append: &Append) -> bool {
        let is_full = self.event_ids.len() >= EVENTS || self.bytes >= BYTES;
        let is_repeat = self.ids.contains(&append.id)
            || append
                .events()
                .any(|event| self.event_ids.contains(&event.id));
        !is_full && !is_repeat
    }

    pub(super) fn add(&mut self, append: Append) {
        self.ids.insert(append.id);
        for event in append.events() {
            self.event_ids.insert(event.id);
            self.bytes += bytes(event);
        }
        self.appends.push(append);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// What an event takes: anything that can be large.
fn bytes(event: &NewEvent) -> usize {
    let tags: usize = event.tags.iter().map(|tag| tag.as_str().len()).sum();
    event.data.len() + event.metadata.to_bytes().len() + tags
}
