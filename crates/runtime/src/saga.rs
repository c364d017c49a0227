//! Sagas that run: each instance in a stream of its own, which is its state, its inbox, its outbox and
//! its history.
//!
//! In reading order: the `journal` takes in what an instance is `told`, behind its `latest` record, and
//! knows the `definitions`; the `inbox` brings it events, and `nudges` the `runner`; that has one of the
//! `seats`, and `shift`s, in which it goes through the `rows` in a `sweep` after the other, lets those be
//! `driven` that are due, by the `driver`, and leaves those `resting` that cannot go on. For people there
//! are `operations`, with the `details` of one instance, the `overview` of all that are open, and the
//! `watch` that tells what is stuck.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{Clock, EventStore, IdSource, InstanceId, RandomIds, Saga, SystemClock};
use tokio::sync::watch::Sender;

use crate::command_bus::CommandBus;

use definitions::Definitions;
use driver::Driver;
use journal::Journal;
use nudges::Nudges;

pub use details::{FailedAttempt, SagaDetails, SagaMoment};
pub use error::SagaError;
pub use inbox::Inbox;
pub use operations::{Asker, Sagas};
pub use overview::{OpenInstances, SagaAlarm, SagaOverview, Stuck};
pub use rows::SagaRow;
pub use runner::SagaHandle;
pub use watch::SagaWatch;

mod definitions;
mod details;
mod driven;
mod driver;
mod error;
mod inbox;
mod journal;
mod latest;
mod nudges;
mod operations;
mod overview;
mod resting;
mod rows;
mod runner;
mod seats;
mod shift;
mod sweep;
mod told;
mod watch;

/// How sagas are run. The defaults are for production.
#[derive(Clone)]
pub struct SagaOptions {
    /// No answer to a command within this time is a failed attempt.
    pub answer_within: Duration,
    /// For how many instances of each saga something is done at once. A command that is not answered
    /// keeps its instance's place, for [`answer_within`](Self::answer_within) at most.
    pub at_once: NonZeroUsize,
    /// How often it is looked for what is due in any case: so late is what nobody told of, such as a
    /// timer that a clock jumps over. If it is less than a second, processes ask as often who else works
    /// on the saga.
    pub look_every: Duration,
    /// An instance is stuck when it is parked, or when something has been due for longer and nothing
    /// happened. So often it is told of those that are.
    pub stuck_after: Duration,
    /// Tells what is due.
    pub clock: Arc<dyn Clock>,
    /// Makes the waits differ, and identifies what people ask for.
    pub ids: Arc<dyn IdSource>,
}

impl Default for SagaOptions {
    fn default() -> Self {
        Self {
            answer_within: Duration::from_secs(10),
            at_once: NonZeroUsize::new(256).expect("256 is not zero"),
            look_every: Duration::from_secs(1),
            stuck_after: Duration::from_secs(15 * 60),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
        }
    }
}

impl std::fmt::Debug for SagaOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SagaOptions")
            .field("answer_within", &self.answer_within)
            .field("at_once", &self.at_once)
            .field("look_every", &self.look_every)
            .field("stuck_after", &self.stuck_after)
            .finish_non_exhaustive()
    }
}

/// What runs the instances of one saga, from its [inbox](Self::inbox) to its [end](Self::run).
///
/// Nothing is acted on before it is recorded, and whatever is recorded is acted on: by this process, or
/// by the one after it. Every command goes out under a key made of its instance and its number there,
/// so that it is carried out once however often it is sent; every input is recorded under an id of its
/// own, so that it is taken in once however often it comes.
pub struct SagaEngine<S: Saga> {
    store: Arc<dyn EventStore>,
    bus: CommandBus,
    definitions: Definitions<S::Event>,
    options: SagaOptions,
    nudges: Nudges,
}

impl<S: Saga> SagaEngine<S> {
    /// Runs instances in a store, and sends their commands by a bus.
    pub fn new(store: Arc<dyn EventStore>, bus: CommandBus) -> Self {
        Self {
            store,
            bus,
            definitions: Definitions::of::<S>(),
            options: SagaOptions::default(),
            nudges: Nudges::new(),
        }
    }

    /// The same with an earlier definition of the saga, for instances that were started under it and
    /// are not [taken over](Saga::migrate). Where events go is up to the latest.
    ///
    /// # Panics
    /// When it has another name, or there is a definition of its version: a mistake in the program.
    #[must_use]
    pub fn with_earlier<Earlier: Saga<Event = S::Event>>(mut self) -> Self {
        assert_eq!(Earlier::NAME, S::NAME, "definitions of one saga");
        self.definitions.add::<Earlier>();
        self
    }

    /// The same, run otherwise.
    #[must_use]
    pub fn with_options(mut self, options: SagaOptions) -> Self {
        self.options = options;
        self
    }

    /// What takes in the events that it listens to: an effect, to be run as any other.
    pub fn inbox(&self) -> Inbox<S> {
        Inbox(self.journal())
    }

    /// Does what is due for an instance now, and what follows from that, until nothing is due. To be
    /// called where nothing runs by itself, such as in a test; beside what runs it does no harm.
    ///
    /// # Errors
    /// [`SagaError`] when something could not be recorded. What was done is done again under the same
    /// keys.
    pub async fn drive(&self, instance: &InstanceId) -> Result<(), SagaError> {
        let driver = self.driver(Sender::new(()));
        while let Some(due) = driver.drive(instance).await?
            && due <= self.options.clock.now()
        {}
        Ok(())
    }

    fn journal(&self) -> Journal<S> {
        Journal::new(
            Arc::clone(&self.store),
            self.definitions.clone(),
            self.nudges.clone(),
            &self.options,
        )
    }

    fn driver(&self, alive: Sender<()>) -> Driver<S> {
        Driver {
            journal: self.journal(),
            bus: self.bus.clone(),
            answer_within: self.options.answer_within,
            _alive: alive,
        }
    }
}
