//! Commands as they are declared, before there are aggregates to carry them out.

use std::any::TypeId;
use std::collections::HashSet;

use annals_core::{Aggregate, Command};
use annals_runtime::{CommandBus, CommandHandler, Executed, Repository, ToAggregate};

use crate::declared_aggregate::Repositories;
use crate::error::Error;

/// The commands of a service that is put together, and how they are sent.
#[derive(Default)]
pub(crate) struct DeclaredCommands {
    pub(crate) commands: Vec<DeclaredCommand>,
    /// Without handlers: who may have what done, and how much at once.
    pub(crate) bus: CommandBus,
}

impl DeclaredCommands {
    /// The bus, with all handlers.
    pub(crate) fn bus(self, repositories: &Repositories) -> Result<CommandBus, Error> {
        let mut bus = self.bus;
        let mut names = HashSet::new();
        for command in self.commands {
            let name = command.name;
            if !names.insert(name) {
                return Err(Error::DeclaredTwice(format!("command {name}")));
            }
            let added = (command.handle)(bus, repositories);
            bus = added.ok_or_else(|| Error::NoAggregate(name.to_owned()))?;
        }
        Ok(bus)
    }
}

/// A command, and what handles it.
pub(crate) struct DeclaredCommand {
    name: &'static str,
    /// `None`: its aggregate was not declared.
    handle: Handle,
}

type Handle = Box<dyn FnOnce(CommandBus, &Repositories) -> Option<CommandBus>>;

impl DeclaredCommand {
    pub(crate) fn handled_by<C: Command>(handler: impl CommandHandler<C>) -> Self {
        Self {
            name: C::NAME,
            handle: Box::new(|bus, _| Some(bus.handling(handler))),
        }
    }

    pub(crate) fn sent_to<C, A>(
        address: impl Fn(C) -> (String, A::Command) + Send + Sync + 'static,
        reply: impl Fn(&Executed<A>) -> C::Reply + Send + Sync + 'static,
    ) -> Self
    where
        C: Command<Refusal = A::Error>,
        A: Aggregate<Command: Clone>,
    {
        let handle = |bus: CommandBus, repositories: &Repositories| {
            let repository = repositories.get(&TypeId::of::<A>())?;
            let repository: &Repository<A> = repository.downcast_ref()?;
            Some(bus.handling(ToAggregate::new(repository.clone(), address, reply)))
        };
        Self {
            name: C::NAME,
            handle: Box::new(handle),
        }
    }
}
