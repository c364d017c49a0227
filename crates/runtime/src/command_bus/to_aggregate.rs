//! Commands that aggregates carry out.

use std::marker::PhantomData;

use annals_core::{Aggregate, Command};
use async_trait::async_trait;

use super::{CommandFault, CommandHandler};
use crate::execute::{CommandContext, Executed};
use crate::repository::Repository;

/// Handles commands of type `C` by sending them to aggregates: to which one, and as what, `address`
/// says; `reply` makes the answer of what came of it.
///
/// To a repeat it is made of what came of the first time: of the aggregate as it was then, whatever
/// happened to it since.
pub struct ToAggregate<A: Aggregate, C, Address, Reply> {
    repository: Repository<A>,
    address: Address,
    reply: Reply,
    command: PhantomData<fn(C)>,
}

impl<A, C, Address, Reply> ToAggregate<A, C, Address, Reply>
where
    A: Aggregate<Command: Clone>,
    C: Command<Refusal = A::Error>,
    Address: Fn(C) -> (String, A::Command) + Send + Sync + 'static,
    Reply: Fn(&Executed<A>) -> C::Reply + Send + Sync + 'static,
{
    /// To the aggregates of a repository.
    pub fn new(repository: Repository<A>, address: Address, reply: Reply) -> Self {
        Self {
            repository,
            address,
            reply,
            command: PhantomData,
        }
    }
}

#[async_trait]
impl<A, C, Address, Reply> CommandHandler<C> for ToAggregate<A, C, Address, Reply>
where
    A: Aggregate<Command: Clone>,
    C: Command<Refusal = A::Error>,
    Address: Fn(C) -> (String, A::Command) + Send + Sync + 'static,
    Reply: Fn(&Executed<A>) -> C::Reply + Send + Sync + 'static,
{
    async fn handle(
        &self,
        command: C,
        context: CommandContext,
    ) -> Result<C::Reply, CommandFault<A::Error>> {
        let (id, command) = (self.address)(command);
        let executed = self.repository.execute(&id, command, context).await?;
        Ok((self.reply)(&executed))
    }

    fn name(&self) -> &'static str {
        A::CATEGORY
    }
}
