//! A handler of commands in whose way faults are put, and planted bugs.

use std::future::pending;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use annals::Command;
use annals::runtime::{CommandContext, CommandFault, CommandHandler};
use async_trait::async_trait;

use crate::courier::{BringBack, Carry};
use crate::faults::{Fault, Faults};
use crate::flaw::Flaw;
use crate::shop::{Do, Refusal, Undo};

/// The name under which faults of a command are counted.
pub(crate) trait Named {
    fn name(&self) -> String;
}

impl Named for Do {
    fn name(&self) -> String {
        self.step.clone()
    }
}

impl Named for Undo {
    fn name(&self) -> String {
        format!("undo {}", self.step)
    }
}

impl Named for Carry {
    fn name(&self) -> String {
        "ship".to_owned()
    }
}

impl Named for BringBack {
    fn name(&self) -> String {
        "undo ship".to_owned()
    }
}

pub(crate) struct FaultyHandler<C, H> {
    handler: Arc<H>,
    faults: Faults,
    flaw: Flaw,
    command: PhantomData<fn(C)>,
}

impl<C, H> FaultyHandler<C, H> {
    pub(crate) fn new(handler: H, faults: &Faults, flaw: Flaw) -> Self {
        Self {
            handler: Arc::new(handler),
            faults: faults.clone(),
            flaw,
            command: PhantomData,
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("lost")]
struct Lost;

type Answered<C> = Result<<C as Command>::Reply, CommandFault<Refusal>>;

fn lost<C: Command>() -> Answered<C> {
    Err(CommandFault::transient(Lost))
}

/// Lets so much time pass, of a runtime whose time stands still while anything is to be done.
async fn pause(seconds: u64) {
    let never = pending::<()>();
    let waited = tokio::time::timeout(Duration::from_secs(seconds), never).await;
    drop(waited);
}

/// Carries something out when nobody waits for it any more.
fn later<T>(carried_out: impl Future<Output = T> + Send + 'static) {
    tokio::spawn(async move {
        pause(7).await;
        drop(carried_out.await);
    });
}

#[async_trait]
impl<C, H> CommandHandler<C> for FaultyHandler<C, H>
where
    C: Command<Refusal = Refusal> + Named,
    H: CommandHandler<C>,
{
    async fn handle(&self, command: C, context: CommandContext) -> Answered<C> {
        let fault = self.faults.of(&command.name(), &context);
        let context = self.flaw.of_receivers(context);
        let handler = Arc::clone(&self.handler);
        let carried_out = async move { handler.handle(command, context).await };
        match fault {
            None => carried_out.await,
            Some(Fault::Refused) => {
                if self.flaw == Flaw::RefusalsPass {
                    later(carried_out);
                }
                Err(CommandFault::Refused(Refusal::Forbidden))
            }
            Some(Fault::Lost | Fault::LostAlways) => lost::<C>(),
            Some(Fault::AnswerLost) => {
                drop(carried_out.await);
                lost::<C>()
            }
            Some(Fault::Overdue) => {
                later(carried_out);
                lost::<C>()
            }
            Some(Fault::Panics) => resume_unwind(Box::new("a fault")),
            Some(Fault::PanicsInTheEnd) => {
                drop(carried_out.await);
                resume_unwind(Box::new("a fault"))
            }
            Some(Fault::Hangs) => pending().await,
            Some(Fault::AnswerHangs) => {
                drop(carried_out.await);
                pending().await
            }
            Some(Fault::Slow) => {
                let answer = carried_out.await;
                pause(3).await;
                answer
            }
        }
    }
}
