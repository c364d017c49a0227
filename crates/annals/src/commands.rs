//! Commands of a service: who carries them out, who may send them, and how they are sent.

use annals_core::{Aggregate, Command};
use annals_runtime::{
    Authorize, CommandBus, CommandContext, CommandFault, CommandHandler, CommandLimits,
    ConflictPolicy, Executed,
};

use crate::builder::Builder;
use crate::declared_command::DeclaredCommand;
use crate::service::Annals;

impl Builder {
    /// Declares that an aggregate carries commands of type `C` out: which one, and as what, `address`
    /// says; `reply` makes the answer of what came of it.
    pub fn command_to<C, A>(
        mut self,
        address: impl Fn(C) -> (String, A::Command) + Send + Sync + 'static,
        reply: impl Fn(&Executed<A>) -> C::Reply + Send + Sync + 'static,
    ) -> Self
    where
        C: Command<Refusal = A::Error>,
        A: Aggregate<Command: Clone>,
    {
        let command = DeclaredCommand::sent_to::<C, A>(address, reply);
        self.commands.commands.push(command);
        self
    }

    /// Declares who carries commands of type `C` out.
    pub fn command<C: Command>(mut self, handler: impl CommandHandler<C>) -> Self {
        let command = DeclaredCommand::handled_by(handler);
        self.commands.commands.push(command);
        self
    }

    /// Declares who says whether a command may be carried out. Without, each may, whoever sends it.
    pub fn authorize(mut self, authorize: impl Authorize) -> Self {
        self.commands.bus = self.commands.bus.authorizing(authorize);
        self
    }

    /// Carries so many commands out at once, each within so long.
    pub fn command_limits(mut self, limits: CommandLimits) -> Self {
        self.commands.bus = self.commands.bus.with_limits(limits);
        self
    }

    /// Decides commands to aggregates so often when other writers come first.
    pub fn conflict_policy(mut self, policy: ConflictPolicy) -> Self {
        self.repositories.conflicts = policy;
        self
    }
}

impl Annals {
    /// Sends a command to whoever carries out those of its type, once its shape is found to be right
    /// and its sender is found to be allowed to. Sagas send theirs in the same way.
    ///
    /// ```
    #[doc = include_str!("../examples/commands.rs")]
    /// ```
    ///
    /// # Errors
    /// [`CommandFault`] tells what to do. What nobody answered may be sent again under the same
    /// idempotency key.
    pub async fn send<C: Command>(
        &self,
        command: C,
        context: CommandContext,
    ) -> Result<C::Reply, CommandFault<C::Refusal>> {
        self.commands.execute(command, context).await
    }

    /// What commands are sent by.
    pub fn commands(&self) -> &CommandBus {
        &self.commands
    }
}
