//! What is open for an instance: commands are sent, timers fire, and the instance is told.

use std::time::Duration;

use annals_core::{
    Answer, Input, InstanceId, Metadata, OpenCall, OpenTimer, Saga, SagaInput, StreamId, Timestamp,
};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
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
    /// Does what is due for an instance, and what follows from that, until nothing is due. Answers when
    /// there is something to do for it next.
    pub(super) async fn drive(&self, id: &InstanceId) -> Result<Option<Timestamp>, SagaError> {
        let mut latest = self.journal.latest(id.stream(S::NAME)?).await?;
        loop {
            let before = latest.version;
            if !self.act(&mut latest).await? {
                return Ok(latest.instance.and_then(|instance| instance.due()));
            }
            if latest.version <= before {
                // Done before, and what is read does not show it: it would be done for ever.
                let (stream, attempts) = (latest.stream, 1);
                return Err(SagaError::Contended { stream, attempts });
            }
        }
    }

    /// Does what is due now. False: nothing is.
    async fn act(&self, latest: &mut Latest) -> Result<bool, SagaError> {
        let Some(instance) = &latest.instance else {
            return Ok(false);
        };
        let now = self.journal.clock.now();
        let timers = instance.timers.iter().filter(|(_, timer)| timer.due <= now);
        let timers: Vec<_> = timers.map(|(name, timer)| due::<S>(name, timer)).collect();
        if !timers.is_empty() {
            for told in &timers {
                self.journal.take_in(latest, told).await?;
            }
            // What was open may not be any more.
            return Ok(true);
        }
        let calls = instance.calls.values().cloned();
        let due = calls.filter(|call| call.not_before <= now);
        let sent = due.map(|call| self.send(latest.stream.clone(), latest.correlation(), call));
        let mut sent: FuturesUnordered<_> = sent.collect();
        let is_any = !sent.is_empty();
        while let Some(told) = sent.next().await {
            self.journal.take_in(latest, &told).await?;
        }
        Ok(is_any)
    }

    /// Sends a command. Answers what the instance is to be told of it.
    async fn send(
        &self,
        stream: StreamId,
        correlation: Option<String>,
        open: OpenCall,
    ) -> Told<S::Event> {
        let key = key(&stream, &open);
        let context = CommandContext {
            metadata: Metadata {
                correlation,
                causation: Some(key.clone()),
                actor: Some(format!("saga:{}", S::NAME)),
                ..Metadata::default()
            },
            idempotency: Some(idempotency(key.clone(), &open)),
            expected: None,
        };
        let span = spans::saga_call(S::NAME, stream.id(), &open);
        let sending = self.bus.send(&open.call.request, context).instrument(span);
        let sent = timeout(self.answer_within, sending).await;
        let answer =
            sent.unwrap_or_else(|_| Err(CommandFault::transient(Unanswered(self.answer_within))));
        let mut told = self.answered(&open, answer);
        told.metadata.causation = Some(key);
        told
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
fn key(stream: &StreamId, open: &OpenCall) -> String {
    format!("{stream}/{}", open.number)
}

fn idempotency(key: String, open: &OpenCall) -> IdempotencyKey {
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
