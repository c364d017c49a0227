//! Commands by name: each goes to whoever handles its type.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use annals_core::{Cause, Command, Request};
use async_trait::async_trait;
use futures_util::FutureExt;
use serde_json::Value;

use crate::execute::CommandContext;

pub use to_aggregate::ToAggregate;

#[cfg(test)]
mod tests;
mod to_aggregate;

/// Carries commands of a type out.
///
/// # Contract
///
/// 1. A command under an idempotency key that was carried out before is not carried out again; the
///    first answer is given again, be it a reply or a refusal.
/// 2. Its future may be dropped at any point: that is a lost answer.
#[async_trait]
pub trait CommandHandler<C: Command>: Send + Sync + 'static {
    /// Carries a command out.
    ///
    /// # Errors
    /// [`CommandFault`] says whether it can succeed another time.
    async fn handle(
        &self,
        command: C,
        context: CommandContext,
    ) -> Result<C::Reply, CommandFault<C::Refusal>>;
}

/// Why a command was not carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommandFault<R> {
    /// A rule forbids it. Nothing was changed.
    /// **Do:** something else; under the same idempotency key the answer stays the same.
    #[error("refused")]
    Refused(R),
    /// Nobody knows whether it was carried out.
    /// **Do:** back off, then send it again under the same idempotency key.
    #[error("not answered: {0}")]
    Transient(#[source] Cause),
}

/// Who handles which commands. Clones share the handlers.
#[derive(Clone, Default)]
pub struct CommandBus {
    handlers: HashMap<&'static str, Arc<dyn HandlesRequests>>,
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
}

impl CommandBus {
    /// One on which nobody handles anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with a handler of commands of type `C`.
    ///
    /// # Panics
    /// When commands of this name are handled already: a mistake in the program.
    #[must_use]
    pub fn handling<C: Command>(mut self, handler: impl CommandHandler<C>) -> Self {
        let handler = Arc::new(Typed(handler, PhantomData::<fn(C)>));
        let before = self.handlers.insert(C::NAME, handler);
        assert!(before.is_none(), "command {} is handled twice", C::NAME);
        self
    }

    /// Sends a command to its handler.
    ///
    /// # Errors
    /// [`CommandFault`]. Without a handler, or where one panics, it is not answered.
    pub async fn send(
        &self,
        request: &Request,
        context: CommandContext,
    ) -> Result<Value, CommandFault<Value>> {
        let Some(handler) = self.handlers.get(request.command.as_str()) else {
            return Err(Undelivered::NoHandler(request.command.clone()).into());
        };
        let answer = AssertUnwindSafe(handler.handle(&request.payload, context));
        let answer = answer.catch_unwind().await;
        answer.unwrap_or_else(|_panic| Err(Undelivered::Panicked.into()))
    }
}

impl<R> CommandFault<R> {
    /// A failure that may pass.
    pub fn transient(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Transient(Arc::new(cause))
    }
}

impl<R> From<Undelivered> for CommandFault<R> {
    fn from(undelivered: Undelivered) -> Self {
        Self::transient(undelivered)
    }
}

/// A handler of commands of any type.
#[async_trait]
trait HandlesRequests: Send + Sync {
    async fn handle(
        &self,
        payload: &Value,
        context: CommandContext,
    ) -> Result<Value, CommandFault<Value>>;
}

struct Typed<C, H>(H, PhantomData<fn(C)>);

#[async_trait]
impl<C: Command, H: CommandHandler<C>> HandlesRequests for Typed<C, H> {
    async fn handle(
        &self,
        payload: &Value,
        context: CommandContext,
    ) -> Result<Value, CommandFault<Value>> {
        let command = C::deserialize(payload).map_err(Undelivered::Unreadable)?;
        match self.0.handle(command, context).await {
            Ok(reply) => Ok(serde_json::to_value(reply).map_err(Undelivered::Answer)?),
            Err(CommandFault::Refused(refusal)) => {
                let refusal = serde_json::to_value(refusal).map_err(Undelivered::Answer)?;
                Err(CommandFault::Refused(refusal))
            }
            Err(CommandFault::Transient(cause)) => Err(CommandFault::Transient(cause)),
        }
    }
}

impl std::fmt::Debug for CommandBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.handlers.keys()).finish()
    }
}
