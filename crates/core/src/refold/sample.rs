//! Which keys are folded again.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::parking::PartitionKey;

/// Some of the keys of a fold: those that are given, and others drawn as they come.
///
/// They are drawn in one pass over the events, without knowing how many there will be: a key is in
/// the sample if its hash is below a limit, and whenever that are too many, the limit is halved and
/// those above it are dropped. So what is in it at the end was in it from its first event on, each key
/// is as likely as any other however many events it has, and memory is bounded. This is Wegman's
/// adaptive sampling (P. Flajolet, *On adaptive sampling*, Computing 43, 1990), known for events as
/// distinct sampling (P. Gibbons, VLDB 2001).
#[derive(Debug, Clone)]
pub struct KeySample {
    given: BTreeSet<PartitionKey>,
    seed: Uuid,
    most_drawn: usize,
    limit: u64,
}

impl KeySample {
    /// These keys, and no others.
    pub fn of(given: BTreeSet<PartitionKey>) -> Self {
        let seed = Uuid::nil();
        Self {
            given,
            seed,
            most_drawn: 0,
            limit: 0,
        }
    }

    /// Draws so many of the others as well, at most. The same seed draws the same of the same keys.
    #[must_use]
    pub fn and_draw(self, most: usize, seed: Uuid) -> Self {
        let limit = if most == 0 { 0 } else { u64::MAX };
        Self {
            seed,
            most_drawn: most,
            limit,
            ..self
        }
    }

    pub(super) fn given(&self) -> &BTreeSet<PartitionKey> {
        &self.given
    }

    pub(super) fn holds(&self, key: &PartitionKey) -> bool {
        self.hash(key) < self.limit || self.given.contains(key)
    }

    /// True if so many keys are too many.
    pub(super) fn is_exceeded(&self, keys: usize) -> bool {
        keys > self.given.len() + self.most_drawn
    }

    /// Draws half of what it drew before.
    pub(super) fn narrow(&mut self) {
        self.limit /= 2;
    }

    fn hash(&self, key: &PartitionKey) -> u64 {
        let (hash, _) = Uuid::new_v5(&self.seed, key.as_str().as_bytes()).as_u64_pair();
        hash
    }
}
