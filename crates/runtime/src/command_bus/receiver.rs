//! What takes commands of one type from the bus to their handler, and their answers back.

use std::any::Any;

use annals_core::Command;
use async_trait::async_trait;
use serde_json::Value;
use tokio::time::Instant;
use tracing::Instrument;

use super::{CommandBus, CommandFault, CommandHandler, Rejection, SentCommand, Undelivered};
use crate::execute::CommandContext;
use crate::metrics::{Answered, BusMeter};
use crate::spans;

/// Takes commands of one type.
pub(super) struct Receiver<C> {
    handler: Box<dyn CommandHandler<C>>,
    meter: BusMeter,
}

/// A receiver of commands of any type.
#[async_trait]
pub(super) trait Receives: Send + Sync {
    /// Has a command carried out that comes as JSON.
    async fn receive(
        &self,
        bus: &CommandBus,
        payload: &Value,
        context: CommandContext,
    ) -> Result<Value, CommandFault<Value>>;

    /// The receiver of its type.
    fn as_any(&self) -> &dyn Any;
}

impl<C: Command> Receiver<C> {
    pub(super) fn of(handler: impl CommandHandler<C>) -> Self {
        Self {
            handler: Box::new(handler),
            meter: BusMeter::new(C::NAME),
        }
    }

    /// Has a command carried out, and tells of it.
    pub(super) async fn carry_out(
        &self,
        bus: &CommandBus,
        command: C,
        context: CommandContext,
    ) -> Result<C::Reply, CommandFault<C::Refusal>> {
        let began_at = Instant::now();
        let span = spans::sent_command(C::NAME, self.handler.name(), &context.metadata);
        let answer = bus.within_limits(self.answer(bus, command, context));
        let answer = answer.instrument(span.clone()).await;
        let outcome = Answered::of(&answer);
        self.meter.answered(outcome, began_at.elapsed());
        spans::command_answered(&span, outcome, answer.as_ref().err());
        answer
    }

    /// Step by step: is it well-formed, is it allowed, and what does its handler say?
    async fn answer(
        &self,
        bus: &CommandBus,
        command: C,
        context: CommandContext,
    ) -> Result<C::Reply, CommandFault<C::Refusal>> {
        let faults = command.faults();
        if !faults.is_empty() {
            return Err(Rejection::Invalid(faults).into());
        }
        let sent = SentCommand::new(&command, &context);
        bus.authorize.authorize(&sent).await?;
        self.handler.handle(command, context).await
    }
}

#[async_trait]
impl<C: Command> Receives for Receiver<C> {
    async fn receive(
        &self,
        bus: &CommandBus,
        payload: &Value,
        context: CommandContext,
    ) -> Result<Value, CommandFault<Value>> {
        let command = C::deserialize(payload).map_err(Undelivered::Unreadable)?;
        let answer = self.carry_out(bus, command, context).await;
        let reply = answer.map_err(CommandFault::into_json)?;
        Ok(serde_json::to_value(reply).map_err(Undelivered::Answer)?)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
