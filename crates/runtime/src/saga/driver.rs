//! What is open for an instance: commands are sent, timers fire, and the instance is told.

use std::time::Duration;

use annals_core::{
    Answer, AppendError, Input, InstanceId, Metadata, OpenCall, OpenTimer, Saga, SagaInput,
    StreamId, Timestamp,
};
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;
use tracing::Instrument;

use super::SagaError;
use super::journal::Journal;
use super::latest::Latest;
use super::told::{IfAbsent, Told};
use crate::backoff::fraction;
use crate::command_bus::{CommandBus, CommandFault};
use crate::execute::CommandContext;
use crate::idempotency::IdempotencyKey;
use crate::spans;

/// So often one instance goes on in a row; then it is another's turn.
const IN_A_ROW: u32 = 64;

/// Acts on what is recorded of instances, and on nothing else.
pub(super) struct Driver<S: Saga> {
    pub(super) journal: Journal<S>,
    pub(super) bus: CommandBus,
    pub(super) answer_within: Duration,
    /// Dropped last: whoever waits for that knows that nothing is done any more, and nothing held.
    pub(super) _alive: watch::Sender<()>,
}

/// Nobody answered in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {0:?}")]
struct Unanswered(Duration);

impl<S: Saga> Driver<S> {
    /// Does what is due for an instance, and what follows from that, until nothing is due or it is
    /// another's turn. Answers when there is something to do for it next.
    pub(super) async fn drive(&self, id: &InstanceId) -> Result<Option<Timestamp>, SagaError> {
        let mut latest = self.journal.latest(id.stream(S::NAME)?).await?;
        for _ in 0..IN_A_ROW {
            let before = latest.version;
            if !self.act(&mut latest).await? {
                break;
            }
            if latest.version <= before {
                // Done before, and what is read does not show it: it would be done for ever.
                let (stream, attempts) = (latest.stream, 1);
                return Err(SagaError::Contended { stream, attempts });
            }
        }
        Ok(latest.instance.and_then(|instance| instance.due()))
    }

    /// Does what is due now. False: nothing is.
    async fn act(&self, latest: &mut Latest) -> Result<bool, SagaError> {
        let Some(instance) = &latest.instance else {
            return Ok(false);
        };
        let now = self.journal.clock.now();
        let timers = instance.timers.iter().filter(|(_, timer)| timer.due <= now);
        let because = latest.because_of_it();
        let timers = timers.map(|(name, timer)| due::<S>(name, timer, &because));
        let timers: Vec<_> = timers.collect();
        if !timers.is_empty() {
            for told in &timers {
                self.journal.take_in(latest, told).await?;
            }
            // What was open may not be any more.
            return Ok(true);
        }
        let calls = instance.calls.values().cloned();
        let due: Vec<_> = calls.filter(|call| call.not_before <= now).collect();
        let (stream, because) = (latest.stream.clone(), latest.because_of_it());
        // While one answer is recorded, the other calls go on.
        let latest = Mutex::new(latest);
        let carried_out = due.iter().map(async |call| {
            let answer = self.send(&stream, because.clone(), call).await;
            let told = self.answered(call, answer, &because);
            let mut latest = latest.lock().await;
            self.record(&mut latest, call, told).await
        });
        try_join_all(carried_out).await?;
        Ok(!due.is_empty())
    }

    /// Sends a command, and waits for the answer.
    async fn send(
        &self,
        stream: &StreamId,
        because: Metadata,
        open: &OpenCall,
    ) -> Result<Value, CommandFault<Value>> {
        let context = CommandContext {
            metadata: Metadata {
                actor: Some(format!("saga:{}", S::NAME)),
                ..because
            },
            idempotency: Some(idempotency(stream, open)),
            expected: None,
        };
        let span = spans::saga_call(S::NAME, stream.id(), open);
        let sending = self.bus.send(&open.call.request, context).instrument(span);
        let sent = timeout(self.answer_within, sending).await;
        sent.unwrap_or_else(|_| Err(CommandFault::transient(Unanswered(self.answer_within))))
    }

    /// Records what a call came to. What there is no place for, such as an answer that is too large, is
    /// as good as none.
    async fn record(
        &self,
        latest: &mut Latest,
        open: &OpenCall,
        told: Told<S::Event>,
    ) -> Result<(), SagaError> {
        let recorded = self.journal.take_in(latest, &told).await;
        let Err(SagaError::Store(AppendError::Invalid(invalid))) = recorded else {
            return recorded.map(drop);
        };
        let error = format!("the answer cannot be recorded: {invalid}");
        let given_up = answer_to(open, Answer::GaveUp { error }, &told.metadata);
        self.journal.take_in(latest, &given_up).await.map(drop)
    }

    /// What the instance is to be told of an answer.
    fn answered(
        &self,
        open: &OpenCall,
        answer: Result<Value, CommandFault<Value>>,
        because: &Metadata,
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
                    Some(wait) => return self.failed(open, error, wait, because),
                    None => Answer::GaveUp { error },
                }
            }
        };
        answer_to(open, answer, because)
    }

    /// The saga itself is not told of an attempt that failed while there are others.
    fn failed(
        &self,
        open: &OpenCall,
        error: String,
        wait: Duration,
        because: &Metadata,
    ) -> Told<S::Event> {
        let not_before = self.journal.clock.now().saturating_add(wait);
        let input = SagaInput::Failure {
            call: open.call.name.clone(),
            number: open.number,
            attempt: open.attempt,
            error,
            not_before: not_before.unwrap_or(Timestamp::MAX),
        };
        told(input, None, because)
    }
}

/// The same for every attempt of a call, in every process.
fn idempotency(stream: &StreamId, open: &OpenCall) -> IdempotencyKey {
    let key = format!("{stream}/{}", open.number);
    let request = serde_json::to_vec(&open.call.request);
    IdempotencyKey::new(key, &request.expect("a request is made of JSON values"))
}

fn answer_to<E>(open: &OpenCall, answer: Answer, because: &Metadata) -> Told<E> {
    let call = open.call.name.clone();
    let input = SagaInput::Answer {
        call: call.clone(),
        number: open.number,
        attempt: open.attempt,
        answer: answer.clone(),
    };
    told(input, Some(Input::Answer { call, answer }), because)
}

fn due<S: Saga>(name: &str, timer: &OpenTimer, because: &Metadata) -> Told<S::Event> {
    let name = name.to_owned();
    let input = SagaInput::Timer {
        name: name.clone(),
        number: timer.number,
    };
    told(input, Some(Input::Timer { name }), because)
}

fn told<E>(input: SagaInput, to_saga: Option<Input<E>>, because: &Metadata) -> Told<E> {
    Told {
        input,
        to_saga,
        // What is open was recorded, so the instance is there.
        if_absent: IfAbsent::Pass,
        metadata: because.clone(),
    }
}
