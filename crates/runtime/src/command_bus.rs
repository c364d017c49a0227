//! Commands by name: each goes to whoever handles its type.
//!
//! In reading order: the `handler` is what carries a command out, and its `fault` why it did not;
//! `to_aggregate` is the handler of most; `authorize` says who may; the `receiver` takes a command
//! through all of that, one by one.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{Command, Request};
use futures_util::FutureExt;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::execute::CommandContext;
use receiver::{Receiver, Receives};

pub use authorize::{Authorize, NotAuthorized, SentCommand};
pub use fault::{CommandFault, Rejection};
pub use handler::CommandHandler;
pub use to_aggregate::ToAggregate;

mod authorize;
mod fault;
mod handler;
mod receiver;
#[cfg(test)]
mod tests;
mod to_aggregate;

/// Who handles which commands. Clones share the handlers and the limits.
///
/// Each command, be it typed or from a saga's record, takes the same way: its shape is checked, then
/// whether it is [allowed](Authorize), then its handler is asked, within the [limits](CommandLimits).
#[derive(Clone)]
pub struct CommandBus {
    receivers: HashMap<&'static str, Arc<dyn Receives>>,
    authorize: Arc<dyn Authorize>,
    places: Arc<Semaphore>,
    answer_within: Duration,
}

/// How many commands a bus carries out at once, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandLimits {
    /// Most commands that are carried out at once; more wait. A handler that sends commands by the bus
    /// it is called by has a place, and needs one for each of them.
    pub at_once: NonZeroUsize,
    /// How long a command takes at most, with its wait for a place. Then nobody knows what came of it.
    pub answer_within: Duration,
}

impl Default for CommandLimits {
    fn default() -> Self {
        Self {
            at_once: NonZeroUsize::new(1_024).expect("1,024 is not zero"),
            answer_within: Duration::from_secs(30),
        }
    }
}

/// Why a command does not reach its handler, or its answer does not come back.
#[derive(Debug, thiserror::Error)]
enum Undelivered {
    #[error("nobody handles commands of type {0}")]
    NoHandler(String),
    #[error("the command cannot be read: {0}")]
    Unreadable(#[source] serde_json::Error),
    #[error("the answer has no JSON form: {0}")]
    Answer(#[source] serde_json::Error),
    #[error("its handler panicked")]
    Panicked,
    #[error("no answer within {0:?}")]
    Late(Duration),
}

impl CommandBus {
    /// One on which nobody handles anything, and everything is allowed.
    pub fn new() -> Self {
        let limits = CommandLimits::default();
        Self {
            receivers: HashMap::new(),
            authorize: Arc::new(authorize::Anyone),
            places: Arc::new(Semaphore::new(limits.at_once.get())),
            answer_within: limits.answer_within,
        }
    }

    /// The same, with a handler of commands of type `C`.
    ///
    /// # Panics
    /// When commands of this name are handled already: a mistake in the program.
    #[must_use]
    pub fn handling<C: Command>(mut self, handler: impl CommandHandler<C>) -> Self {
        let receiver = Arc::new(Receiver::of(handler));
        let before = self.receivers.insert(C::NAME, receiver);
        assert!(before.is_none(), "command {} is handled twice", C::NAME);
        self
    }

    /// The same, with a say in who may have what done.
    #[must_use]
    pub fn authorizing(mut self, authorize: impl Authorize) -> Self {
        self.authorize = Arc::new(authorize);
        self
    }

    /// The same, with limits of its own.
    #[must_use]
    pub fn with_limits(mut self, limits: CommandLimits) -> Self {
        self.places = Arc::new(Semaphore::new(limits.at_once.get()));
        self.answer_within = limits.answer_within;
        self
    }

    /// Has a command carried out.
    ///
    /// # Errors
    /// [`CommandFault`]. Without a handler of its type, or where that panics, it is not answered.
    pub async fn execute<C: Command>(
        &self,
        command: C,
        context: CommandContext,
    ) -> Result<C::Reply, CommandFault<C::Refusal>> {
        match self.receiver::<C>() {
            Some(receiver) => receiver.carry_out(self, command, context).await,
            None => Err(Undelivered::NoHandler(C::NAME.to_owned()).into()),
        }
    }

    /// Has a command carried out that comes as JSON, such as from a saga's record, and is answered so.
    ///
    /// # Errors
    /// As [`execute`](Self::execute); one that cannot be read is not answered either.
    pub async fn send(
        &self,
        request: &Request,
        context: CommandContext,
    ) -> Result<Value, CommandFault<Value>> {
        match self.receivers.get(request.command.as_str()) {
            Some(receiver) => receiver.receive(self, &request.payload, context).await,
            None => Err(Undelivered::NoHandler(request.command.clone()).into()),
        }
    }

    /// The receiver of a type. `None` also where its name is that of another type.
    fn receiver<C: Command>(&self) -> Option<&Receiver<C>> {
        self.receivers.get(C::NAME)?.as_any().downcast_ref()
    }

    /// Does something once there is a place for it, and ends it where it takes too long or panics.
    async fn within_limits<T, R>(
        &self,
        work: impl Future<Output = Result<T, CommandFault<R>>>,
    ) -> Result<T, CommandFault<R>> {
        let in_its_place = async {
            let place = self.places.acquire().await;
            let _place = place.expect("the places are never closed");
            work.await
        };
        let caught = AssertUnwindSafe(in_its_place).catch_unwind();
        match timeout(self.answer_within, caught).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_panic)) => Err(Undelivered::Panicked.into()),
            Err(_) => Err(Undelivered::Late(self.answer_within).into()),
        }
    }
}

impl Default for CommandBus {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for CommandBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.receivers.keys()).finish()
    }
}
