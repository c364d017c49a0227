//! Sagas: long-running work over several owners of state, that finishes, undoes itself, or calls a
//! person.
//!
//! A saga is a pure function of what it is told: an event, the answer to a command, a timer, a word
//! of an operator. It answers with decisions. An [`Instance`] keeps what one run of it has decided and
//! not yet done; whoever drives it records each step of it before anything of that is acted on.
//!
//! In reading order: the [trait](Saga), what it is [told](Input), what it [decides](Decision), sagas
//! declared as [steps](Steps), the [instance](Instance), and what is [recorded](SagaEvent) of it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::decode::Recorded;
use crate::effect::EffectStart;
use crate::name::name_type;
use crate::projection::query_of;
use crate::query::Query;
use crate::typed_event::Event;

pub use decision::{Call, Decision, RetryPolicy, Schedule, TimerName};
pub use input::{Answer, Asked, Input};
pub use instance::{Ending, Instance, OpenCall, OpenTimer, SagaStatus};
pub use record::{SagaEvent, SagaInput, Unwanted};
pub use stepped::Stepped;
pub use steps::{SagaStep, Stage, Steps, TOOK_TOO_LONG};

mod decision;
mod input;
mod instance;
mod record;
mod stepped;
mod steps;

name_type! {
    /// One run of a saga.
    InstanceId, "saga instance"
}

/// A process manager: it reacts to events of many streams with commands, and remembers how far it is.
///
/// # Contract
///
/// 1. [`route`](Self::route) and [`react`](Self::react) are pure and depend on nothing but their
///    arguments.
/// 2. [`Default`] is the state before the first input.
/// 3. A state that was written is read back by the definition of the same [`VERSION`](Self::VERSION),
///    for as long as there are instances of it; and so are the replies to its commands.
///
/// Personal values that it remembers or sends stay [sealed](crate::Personal): who handles a command opens
/// them with the keys. What is not sealed is recorded as it is.
pub trait Saga: Default + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name its instances are kept under, without a `-`. No projection or effect has the same.
    const NAME: &'static str;

    /// Which definition this is. An instance goes on under the one it was started with, unless a later
    /// one [takes it over](Self::migrate).
    const VERSION: u32 = 1;

    /// The events it reacts to.
    type Event: Event + Clone;

    /// The categories it listens to; none listens to all.
    const CATEGORIES: &'static [&'static str] = &[];

    /// Where it begins to listen when it is declared for the first time, or when its place was deleted
    /// with the read models. From the [beginning](EffectStart::Beginning) nothing is left out, and what was
    /// taken in before is not taken in again.
    const START: EffectStart = EffectStart::Now;

    /// Which instance an event is for.
    fn route(event: &Recorded<Self::Event>) -> Route;

    /// Takes an input in, and says what is to be done.
    fn react(&mut self, input: &Input<Self::Event>) -> Vec<Decision>;

    /// The state of an instance of an earlier definition, as this one has it. `None`: such instances
    /// finish under the definition they were started with.
    fn migrate(_version: u32, _state: &Value) -> Option<Value> {
        None
    }

    /// What is wrong with how it is declared, such as two steps of one name. No service starts with it.
    fn fault() -> Option<String> {
        None
    }

    /// The events it asks the store for.
    fn query() -> Query {
        query_of::<Self::Event>(Self::CATEGORIES, &[])
    }
}

/// Which instance an event is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// A new one, or one that it has started already.
    Start(InstanceId),
    /// One that was started before. If there is none, that is recorded under its name.
    Continue(InstanceId),
    /// One that was started before, if there is one; else none.
    ContinueIfThere(InstanceId),
    /// None.
    Nobody,
}
