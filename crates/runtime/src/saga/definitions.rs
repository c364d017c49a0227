//! The definitions of a saga, by version: an instance goes on under the one it was started with.

use std::collections::BTreeMap;

use annals_core::{Decision, Input, Instance, Position, Saga, Timestamp};

type Migrate = fn(Instance) -> Instance;
type TakeIn<E> =
    fn(&mut Instance, &Input<E>, Timestamp) -> Result<Vec<Decision>, serde_json::Error>;

/// All definitions of one saga that this process knows.
pub(super) struct Definitions<E> {
    begin: fn(Position) -> Instance,
    migrate: Migrate,
    by_version: BTreeMap<u32, TakeIn<E>>,
}

impl<E> Definitions<E> {
    /// The latest one.
    pub(super) fn of<S: Saga<Event = E>>() -> Self {
        let latest: TakeIn<E> = Instance::take_in::<S>;
        Self {
            begin: Instance::begin::<S>,
            migrate: Instance::migrated::<S>,
            by_version: BTreeMap::from([(S::VERSION, latest)]),
        }
    }

    /// An earlier one.
    pub(super) fn add<S: Saga<Event = E>>(&mut self) {
        let before = self.by_version.insert(S::VERSION, Instance::take_in::<S>);
        assert!(before.is_none(), "version {} is defined twice", S::VERSION);
    }

    /// A new instance, of the latest, that is started by the event at a position.
    pub(super) fn begin(&self, since: Position) -> Instance {
        (self.begin)(since)
    }

    /// The instance as it goes on: under the latest, if that takes it over. `None`: nobody here knows
    /// its definition.
    pub(super) fn going_on(&self, instance: Instance) -> Option<Instance> {
        let instance = (self.migrate)(instance);
        let is_known = self.by_version.contains_key(&instance.definition);
        (is_known || instance.has_ended()).then_some(instance)
    }

    /// Takes an input in, under the instance's definition. `None`: nobody here knows that.
    pub(super) fn take_in(
        &self,
        instance: &mut Instance,
        input: &Input<E>,
        now: Timestamp,
    ) -> Option<Result<Vec<Decision>, serde_json::Error>> {
        let take_in = self.by_version.get(&instance.definition)?;
        Some(take_in(instance, input, now))
    }
}

impl<E> Clone for Definitions<E> {
    fn clone(&self) -> Self {
        Self {
            begin: self.begin,
            migrate: self.migrate,
            by_version: self.by_version.clone(),
        }
    }
}
