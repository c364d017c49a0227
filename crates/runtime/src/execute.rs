//! Executing commands: load, decide, append, until there is one answer.

use std::sync::Arc;

use annals_core::{
    Aggregate, Append, AppendId, EncodeError, Event, EventId, ExpectedVersion, Metadata, NewEvent,
    Position, StreamId, StreamVersion,
};
use tokio::time::Instant;
use tracing::Instrument;

use crate::era::Era;
use crate::error::{ExecuteError, LoadError};
use crate::idempotency::IdempotencyKey;
use crate::load::{LATEST, Loaded, Shortcut};
use crate::metrics::Outcome;
use crate::repository::Repository;
use crate::spans;

pub(crate) use confirm::append_until_confirmed;

mod confirm;
mod repeat;
mod sealing;
mod without_events;

/// What comes with a command.
#[derive(Debug, Clone, Default)]
pub struct CommandContext {
    /// Goes with every event the command leads to.
    pub metadata: Metadata,
    /// Makes a repeat of the command return the first answer and record nothing.
    pub idempotency: Option<IdempotencyKey>,
    /// What the aggregate must be at, or the command is not decided.
    pub expected: Option<ExpectedVersion>,
}

/// A command that was carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Executed<A> {
    /// The aggregate after it.
    pub state: A,
    /// The aggregate's version after it.
    pub version: StreamVersion,
    /// What to wait for to read your own write: the position of what was recorded, be it only the
    /// answer under a key. If nothing was, the end of the store as the decision saw it.
    pub position: Position,
    /// True if it had been carried out before, and this is the first answer again.
    pub repeated: bool,
}

/// One command on its way: what stays the same over all attempts.
struct Order {
    stream: StreamId,
    append: AppendId,
    metadata: Metadata,
    key: Option<IdempotencyKey>,
    expected: Option<ExpectedVersion>,
    /// When it came: what was loaded for it is kept only in that era.
    era: Era,
}

/// What events are decided on: a state that was loaded or remembered.
struct Basis<A> {
    state: A,
    version: StreamVersion,
    replayed: u64,
}

impl<A: Aggregate> Repository<A> {
    /// Sends a command to the aggregate `id`: loads it, lets it decide, records what follows.
    ///
    /// When another writer comes first, it is loaded and decides again. With an idempotency key
    /// the answer is kept for ever, be it events, none, or a refusal. A failure leaves nothing, and a
    /// repeat is decided anew. Dropping the future does not undo what is recorded by then.
    ///
    /// # Errors
    /// [`ExecuteError`]: the aggregate's refusal, or why the command could not be carried out.
    pub async fn execute(
        &self,
        id: &str,
        command: A::Command,
        context: CommandContext,
    ) -> Result<Executed<A>, ExecuteError<A::Error>>
    where
        A::Command: Clone,
    {
        let began_at = Instant::now();
        let span = spans::command(A::CATEGORY, id, &context.metadata);
        let carried_out = self.carry_out(id, command, context);
        let answer = carried_out.instrument(span.clone()).await;
        let outcome = Outcome::of(&answer);
        self.meter.command(outcome, began_at.elapsed());
        spans::answered(&span, outcome, &answer);
        answer
    }

    /// Decides until there is one answer.
    async fn carry_out(
        &self,
        id: &str,
        command: A::Command,
        context: CommandContext,
    ) -> Result<Executed<A>, ExecuteError<A::Error>>
    where
        A::Command: Clone,
    {
        let stream = A::stream(id).map_err(LoadError::from)?;
        let _turn = self.turns.wait(&stream).await;
        let order = self.order(stream, &command, context);
        let attempts = self.conflicts.attempts.get();
        for conflicts in 0..attempts {
            self.conflicts.pause(conflicts, &*self.ids).await;
            if let Some(first) = self.first_answer(&order).await? {
                return Ok(first);
            }
            if let Some(executed) = self.attempt(&order, command.clone()).await? {
                return Ok(executed);
            }
        }
        Err(ExecuteError::Contended { attempts })
    }

    fn order(&self, stream: StreamId, command: &A::Command, context: CommandContext) -> Order {
        let mut metadata = context.metadata;
        metadata.business_time = metadata.business_time.or_else(|| A::happens_at(command));
        let append = match &context.idempotency {
            Some(key) => {
                key.stamp(&mut metadata);
                key.append_to(&stream)
            }
            None => AppendId(self.ids.next()),
        };
        Order {
            stream,
            append,
            metadata,
            key: context.idempotency,
            expected: context.expected,
            era: self.eras.now(),
        }
    }

    /// `None`: another writer came first and nothing was recorded.
    async fn attempt(
        &self,
        order: &Order,
        command: A::Command,
    ) -> Result<Option<Executed<A>>, ExecuteError<A::Error>>
    where
        A::Command: Clone,
    {
        let latest = match self.recall(&order.stream) {
            Some(remembered) => {
                let decided = order.decide(&remembered.state, remembered.version, command.clone());
                if let Ok(events) = decided
                    && !events.is_empty()
                {
                    return self.record(order, remembered.into(), events).await;
                }
                // No append would confirm such an answer.
                self.catch_up(remembered, &order.stream).await?
            }
            None => self.load_stream(&order.stream, LATEST).await?,
        };
        match order.decide(&latest.state, latest.version, command) {
            Ok(events) if !events.is_empty() => self.record(order, latest.into(), events).await,
            decided => {
                self.remember_loaded(&order.stream, &latest, order.era);
                match decided {
                    Ok(_) => self.leave(order, latest).await,
                    Err(ExecuteError::Refused(refusal)) => self.refuse(order, refusal).await,
                    Err(error) => Err(error),
                }
            }
        }
    }

    async fn record(
        &self,
        order: &Order,
        basis: Basis<A>,
        mut events: Vec<A::Event>,
    ) -> Result<Option<Executed<A>>, ExecuteError<A::Error>> {
        let persons = self.seal(order, &mut events).await?;
        let expected = ExpectedVersion::from(basis.version);
        let append = Append::to(order.stream.clone(), expected, order.to_new(&events)?);
        let append = append.with_id(order.append);
        let Some(appended) = self.append_about(&persons, order, append).await? else {
            return Ok(None);
        };
        let version = StreamVersion(basis.version.0 + events.len() as u64);
        if appended.version_of(&order.stream) != Some(version) {
            // Acknowledged, but at another version: the same request, carried out elsewhere at
            // the same time, recorded the same events before this one loaded them.
            return Ok(None);
        }
        let mut state = basis.state;
        for event in &events {
            state.evolve(event);
        }
        let executed = Executed {
            state,
            version,
            position: appended.last,
            repeated: false,
        };
        self.keep(order, &executed, basis.replayed, events.len());
        Ok(Some(executed))
    }

    /// Keeps the state that `events` led to: in a snapshot if one is due, and in memory.
    fn keep(&self, order: &Order, executed: &Executed<A>, replayed: u64, events: usize) {
        let reached = |replayed| Shortcut {
            state: executed.state.clone(),
            version: executed.version,
            last_event: EventId::of_append(order.append, events - 1),
            replayed,
        };
        let stream = &order.stream;
        let mut replayed = replayed + events as u64;
        if let Some(snapshots) = &self.snapshots
            && snapshots.is_due(replayed)
            && let Some(place) = snapshots.place()
            && self.eras.now() == order.era
        {
            Arc::clone(snapshots).take(place, stream.clone(), reached(replayed));
            replayed = 0;
        }
        if let Some(memory) = &self.memory {
            let is_now = || self.eras.now() == order.era;
            memory.put_if(is_now, stream.clone(), reached(replayed));
        }
    }
}

impl<A> Executed<A> {
    fn unchanged(loaded: Loaded<A>) -> Self {
        Self {
            state: loaded.state,
            version: loaded.version,
            position: loaded.position,
            repeated: false,
        }
    }
}

impl<A> From<Loaded<A>> for Basis<A> {
    fn from(loaded: Loaded<A>) -> Self {
        Self {
            state: loaded.state,
            version: loaded.version,
            replayed: loaded.replayed,
        }
    }
}

impl<A> From<Shortcut<A>> for Basis<A> {
    fn from(remembered: Shortcut<A>) -> Self {
        Self {
            state: remembered.state,
            version: remembered.version,
            replayed: remembered.replayed,
        }
    }
}

impl Order {
    /// What follows from the command: events, none, or why not.
    fn decide<A: Aggregate>(
        &self,
        state: &A,
        actual: StreamVersion,
        command: A::Command,
    ) -> Result<Vec<A::Event>, ExecuteError<A::Error>> {
        match self.expected {
            Some(expected) if !expected.holds_at(actual) => {
                Err(ExecuteError::VersionMismatch { expected, actual })
            }
            _ => state.decide(command).map_err(ExecuteError::Refused),
        }
    }

    fn to_new<E: Event>(&self, events: &[E]) -> Result<Vec<NewEvent>, EncodeError> {
        let events = events.iter().enumerate();
        events
            .map(|(index, event)| {
                let id = EventId::of_append(self.append, index);
                event.to_new(id, self.metadata.clone())
            })
            .collect()
    }
}
