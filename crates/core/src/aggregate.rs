//! Aggregates: pure decisions over state that events build up.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::name::InvalidName;
use crate::stream::StreamId;
use crate::typed_event::Event;

/// One entity that decides for itself, rebuilt from its stream before each decision.
///
/// # Contract
///
/// 1. [`decide`](Self::decide) and [`evolve`](Self::evolve) are pure: no I/O, clock or
///    randomness. What must be looked up arrives in the command.
/// 2. [`Default`] is the state before the first event.
/// 3. [`evolve`](Self::evolve) takes in any event that `decide` ever returned: a fact cannot be
///    refused.
pub trait Aggregate: Default + Clone + Send + Sync + 'static {
    /// The category of its streams.
    const CATEGORY: &'static str;
    /// What it can be asked to do.
    type Command: Send + 'static;
    /// What can happen to it.
    type Event: Event;
    /// Why it may refuse. Serializable, since a refusal is remembered under the command's
    /// idempotency key: unsealed and for ever, so it holds nothing [personal](crate::Personal).
    type Error: std::error::Error + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// What follows from a command: events, none when there is nothing to do, or a refusal.
    ///
    /// # Errors
    /// The rule that the command breaks. Nothing is recorded then.
    fn decide(&self, command: Self::Command) -> Result<Vec<Self::Event>, Self::Error>;

    /// Takes in what happened.
    fn evolve(&mut self, event: &Self::Event);

    /// When what a command asks for happens, if the command says so: the business time of what it
    /// leads to, unless whoever sends it names another.
    fn happens_at(_command: &Self::Command) -> Option<Timestamp> {
        None
    }

    /// The stream of the entity `id`.
    ///
    /// # Errors
    /// [`InvalidName`] when `id` is empty, too long, or holds a control character.
    fn stream(id: &str) -> Result<StreamId, InvalidName> {
        StreamId::new(Self::CATEGORY, id)
    }
}
