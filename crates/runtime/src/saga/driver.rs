//! What is open for an instance: commands are sent, timers fire, and the instance is told.

use std::time::Duration;

use annals_core::{
    Answer, Input, InstanceId, Metadata, OpenCall, OpenTimer, Saga, SagaInput, Timestamp,
};
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::time::timeout;
use tracing::Instrument;

use super::SagaError;
use super::journal::{IfAbsent, Journal, Latest, Told};
use crate::backoff::fraction;
use crate::command_bus::{CommandBus, CommandFault};
use crate::execute::CommandContext;
use crate::idempotency::IdempotencyKey;
use crate::spans;

/// Acts on what is recorded of instances, and on nothing else.
pub(super) struct Driver<S: Saga> {
    pub(super) journal: Journal<S>,
    pub(super) bus: CommandBus,
    pub(super) answer_within: Duration,
}

/// Nobody answered in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {0:?}")]
struct Unanswered(Duration);

impl<S: Saga> Driver<S> {
    /// Does what is due for an instance, and what follows from that, until nothing is due.
    pub(super) async fn drive(&self, id: &InstanceId) -> Result<(), SagaError> {
        while self.act(id).await? {}
        Ok(())
    }

    /// Does what is due now. False: nothing is.
    pub(super) async fn act(&self, id: &InstanceId) -> Result<bool, SagaError> {
        let latest = self.journal.latest(id).await?;
        let Some(instance) = &latest.instance else {
            return Ok(false);
        };
        let now = self.journal.clock.now();
        let timers = instance.timers.iter().filter(|(_, timer)| timer.due <= now);
        let timers: Vec<_> = timers.map(|(name, timer)| due::<S>(name, timer)).collect();
        for told in &timers {
            self.journal.take_in(id, told).await?;
        }
        if !timers.is_empty() {
            // What was open may not be any more.
            return Ok(true);
        }
        let calls = instance.calls.values();
        let calls = calls.filter(|call| call.not_before <= now);
        let sent: Vec<_> = calls.map(|call| self.call(id, &latest, call)).collect();
        let is_any = !sent.is_empty();
        try_join_all(sent).await?;
        Ok(is_any)
    }

    /// Sends a command, and tells the instance what came of it.
    async fn call(
        &self,
        id: &InstanceId,
        latest: &Latest,
        open: &OpenCall,
    ) -> Result<(), SagaError> {
        let key = format!("{}/{}", latest.stream, open.number);
        let context = CommandContext {
            metadata: Metadata {
                correlation: latest.correlation(),
                causation: Some(key.clone()),
                actor: Some(format!("saga:{}", S::NAME)),
                ..Metadata::default()
            },
            idempotency: Some(key_of(key.clone(), open)),
            expected: None,
        };
        let sent = timeout(
            self.answer_within,
            self.bus.send(&open.call.request, context),
        );
        let sent = sent.instrument(spans::saga_call(S::NAME, id, open)).await;
        let answer =
            sent.unwrap_or_else(|_| Err(CommandFault::transient(Unanswered(self.answer_within))));
        let mut told = self.answered(open, answer);
        told.metadata.causation = Some(key);
        self.journal.take_in(id, &told).await?;
        Ok(())
    }

    fn answered(
        &self,
        open: &OpenCall,
        answer: Result<Value, CommandFault<Value>>,
    ) -> Told<S::Event> {
        let answer = match answer {
            Ok(reply) => Answer::Done(reply),
            Err(CommandFault::Refused(refusal)) => Answer::Refused(refusal),
            // No refusal: an attempt before this one may have been carried out, and nobody remembers
            // this answer under the key.
            Err(CommandFault::Rejected(rejection)) => Answer::GaveUp {
                error: rejection.to_string(),
            },
            Err(CommandFault::Transient(cause)) => {
                let error = cause.to_string();
                let chance = fraction(self.journal.ids.next());
                match open.wait_if_it_fails(chance) {
                    Some(wait) => return self.failed(open, error, wait),
                    None => Answer::GaveUp { error },
                }
            }
        };
        let call = open.call.name.clone();
        let input = SagaInput::Answer {
            call: call.clone(),
            number: open.number,
            attempt: open.attempt,
            answer: answer.clone(),
        };
        told(input, Some(Input::Answer { call, answer }))
    }

    /// The saga itself is not told of an attempt that failed while there are others.
    fn failed(&self, open: &OpenCall, error: String, wait: Duration) -> Told<S::Event> {
        let not_before = self.journal.clock.now().saturating_add(wait);
        let input = SagaInput::Failure {
            call: open.call.name.clone(),
            number: open.number,
            attempt: open.attempt,
            error,
            not_before: not_before.unwrap_or(Timestamp::MAX),
        };
        told(input, None)
    }
}

/// The same for every attempt of a call, in every process.
fn key_of(key: String, open: &OpenCall) -> IdempotencyKey {
    let request = serde_json::to_vec(&open.call.request);
    IdempotencyKey::new(key, &request.expect("a request is made of JSON values"))
}

fn due<S: Saga>(name: &str, timer: &OpenTimer) -> Told<S::Event> {
    let name = name.to_owned();
    let input = SagaInput::Timer {
        name: name.clone(),
        number: timer.number,
    };
    told(input, Some(Input::Timer { name }))
}

fn told<E>(input: SagaInput, to_saga: Option<Input<E>>) -> Told<E> {
    Told {
        input,
        to_saga,
        // What is open was recorded, so the instance is there.
        if_absent: IfAbsent::Pass,
        metadata: Metadata::default(),
    }
}
