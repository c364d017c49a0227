//! A handler of commands in whose way things are put.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

use annals_core::Command;
use annals_runtime::{CommandContext, CommandFault, CommandHandler};
use async_trait::async_trait;
use tokio::sync::Semaphore;

/// What happens to one command.
#[derive(Clone)]
pub(crate) enum Trouble {
    /// It does not arrive.
    Busy,
    /// It is carried out, and the answer is lost.
    AnswerLost,
    /// It is carried out, and the answer comes once there is a permit.
    AnswerHeld(Arc<Semaphore>),
}

/// Passes commands on, once its troubles are over.
pub(crate) struct Troubled<C, H> {
    handler: H,
    troubles: Mutex<VecDeque<Trouble>>,
    command: PhantomData<fn(C)>,
}

impl<C, H> Troubled<C, H> {
    pub(crate) fn new(handler: H, troubles: impl IntoIterator<Item = Trouble>) -> Self {
        Self {
            handler,
            troubles: Mutex::new(troubles.into_iter().collect()),
            command: PhantomData,
        }
    }

    fn next(&self) -> Option<Trouble> {
        self.troubles.lock().unwrap().pop_front()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("busy")]
struct Busy;

#[async_trait]
impl<C: Command, H: CommandHandler<C>> CommandHandler<C> for Troubled<C, H> {
    async fn handle(
        &self,
        command: C,
        context: CommandContext,
    ) -> Result<C::Reply, CommandFault<C::Refusal>> {
        let busy = || Err(CommandFault::transient(Busy));
        match self.next() {
            None => self.handler.handle(command, context).await,
            Some(Trouble::Busy) => busy(),
            Some(Trouble::AnswerLost) => {
                drop(self.handler.handle(command, context).await);
                busy()
            }
            Some(Trouble::AnswerHeld(permits)) => {
                let answer = self.handler.handle(command, context).await;
                permits.acquire().await.unwrap().forget();
                answer
            }
        }
    }
}
