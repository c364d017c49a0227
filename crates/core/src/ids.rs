//! Identities of events, appends and stores, and the seam by which new ones enter.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Namespace of all ids derived from other ids (RFC 9562, version 5).
const DERIVED: Uuid = Uuid::from_u128(0x6a1f_5a60_9b1e_4c53_8d0e_7d5c_2b90_41ac);

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id_type! {
    /// Identity of one event, chosen by whoever appends it and unique in the store.
    ///
    /// Appending the same id again is how a retry is recognised.
    EventId
}

id_type! {
    /// Identity of one append: what a caller asks about after an answer was lost.
    AppendId
}

id_type! {
    /// Identity of one store, made when the store is created and kept for its life.
    ///
    /// Checkpoints carry it, so that a read model of another store is noticed.
    StoreId
}

id_type! {
    /// Identity of one edition of a read model, made when its tables are made and kept whichever
    /// place it takes.
    EditionId
}

id_type! {
    /// Identity of one effect of one event: the same for every repeat, in every process.
    ///
    /// Whoever receives the effect recognises a repeat by it.
    EffectKey
}

impl EffectKey {
    /// The key of the effect of this name for an event.
    pub fn of(effect: &str, event: EventId) -> Self {
        let scope = Uuid::new_v5(&DERIVED, effect.as_bytes());
        Self(Uuid::new_v5(&scope, event.0.as_bytes()))
    }

    /// The key for one [part](crate::Recorded::part) of what the event is read as: itself for the first.
    #[must_use]
    pub fn of_part(self, part: usize) -> Self {
        match part {
            0 => self,
            part => Self(Uuid::new_v5(&self.0, &(part as u64).to_be_bytes())),
        }
    }
}

impl EventId {
    /// The id of the `index`-th event of an append: the same for every retry of that append.
    pub fn of_append(append: AppendId, index: usize) -> Self {
        Self(Uuid::new_v5(&append.0, &(index as u64).to_be_bytes()))
    }
}

impl AppendId {
    /// The id of the append that carries these events.
    pub fn of_events(events: impl IntoIterator<Item = EventId>) -> Self {
        let bytes: Vec<u8> = events
            .into_iter()
            .flat_map(|id| id.0.into_bytes())
            .collect();
        Self(Uuid::new_v5(&DERIVED, &bytes))
    }

    /// The id of the append that answers a command sent under an idempotency key.
    ///
    /// `scope` keeps equal keys of different receivers apart; it is usually the stream id.
    pub fn of_key(scope: &str, key: &str) -> Self {
        let scoped = Uuid::new_v5(&DERIVED, scope.as_bytes());
        Self(Uuid::new_v5(&scoped, key.as_bytes()))
    }
}

/// Where new identities come from. The one seam for randomness.
pub trait IdSource: Send + Sync + 'static {
    /// An id that was never handed out before.
    fn next(&self) -> Uuid;
}

/// Time-ordered random ids (UUID version 7): the source for production.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place randomness enters the system"
    )]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_one_effect_and_one_event_for_ever() {
        let event = EventId(Uuid::from_u128(1));
        let key = EffectKey::of("webhook", event);
        // Other versions of this program must make the same.
        assert_eq!(key.to_string(), "174422ae-390e-5474-b679-762553b700ad");
        assert_ne!(key, EffectKey::of("mail", event));
        assert_ne!(key, EffectKey::of("webhook", EventId(Uuid::from_u128(2))));
    }
}
