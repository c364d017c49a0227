//! Executing commands: load, decide, append, until there is one answer.

use std::sync::Arc;

use annals_core::{
    Aggregate, Append, AppendId, EncodeError, Event, EventId, ExpectedVersion, Metadata, NewEvent,
    Position, StreamId, StreamVersion,
};

use crate::error::{ExecuteError, LoadError};
use crate::idempotency::IdempotencyKey;
use crate::load::{LATEST, Loaded};
use crate::refusal::CommandRefused;
use crate::repository::Repository;
use crate::snapshots::Shortcut;

mod confirm;
mod repeat;

/// Most times a command is decided because other writers came first.
const ATTEMPTS: u32 = 16;

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
    /// What to wait for to read your own write: the position of what was recorded. If nothing
    /// was, the end of the store as the decision saw it.
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
}

impl<A: Aggregate> Repository<A> {
    /// Sends a command to the aggregate `id`: loads it, lets it decide, records what follows.
    ///
    /// When another writer comes first, it is loaded and decides again. With an idempotency key
    /// the answer is kept for ever, be it events or a refusal. No events and a failure leave
    /// nothing, and a repeat is decided anew. Dropping the future does not undo what is recorded
    /// by then.
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
        let stream = A::stream(id).map_err(LoadError::from)?;
        let _turn = self.turns.wait(&stream).await;
        let order = self.order(stream, context);
        for _ in 0..ATTEMPTS {
            if let Some(first) = self.first_answer(&order).await? {
                return Ok(first);
            }
            if let Some(executed) = self.attempt(&order, command.clone()).await? {
                return Ok(executed);
            }
        }
        let attempts = ATTEMPTS;
        Err(ExecuteError::Contended { attempts })
    }

    fn order(&self, stream: StreamId, context: CommandContext) -> Order {
        let mut metadata = context.metadata;
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
        }
    }

    /// `None`: another writer came first and nothing was recorded.
    async fn attempt(
        &self,
        order: &Order,
        command: A::Command,
    ) -> Result<Option<Executed<A>>, ExecuteError<A::Error>> {
        let loaded = self.load_stream(&order.stream, LATEST).await?;
        let actual = loaded.version;
        if let Some(expected) = order.expected.filter(|expected| !expected.holds_at(actual)) {
            return Err(ExecuteError::VersionMismatch { expected, actual });
        }
        match loaded.state.decide(command) {
            Ok(events) if events.is_empty() => Ok(Some(Executed::unchanged(loaded))),
            Ok(events) => self.record(order, loaded, events).await,
            Err(refusal) => self.refuse(order, refusal).await,
        }
    }

    async fn record(
        &self,
        order: &Order,
        loaded: Loaded<A>,
        events: Vec<A::Event>,
    ) -> Result<Option<Executed<A>>, ExecuteError<A::Error>> {
        let expected = ExpectedVersion::from(loaded.version);
        let append = Append::to(order.stream.clone(), expected, order.to_new(&events)?);
        let Some(appended) = self.append(order, append.with_id(order.append)).await? else {
            return Ok(None);
        };
        let events_since = loaded.replayed + events.len() as u64;
        let version = StreamVersion(loaded.version.0 + events.len() as u64);
        if appended.version_of(&order.stream) != Some(version) {
            // Acknowledged, but at another version: the same request, carried out elsewhere at
            // the same time, recorded the same events before this one loaded them.
            return Ok(None);
        }
        let mut state = loaded.state;
        for event in &events {
            state.evolve(event);
        }
        let executed = Executed {
            state,
            version,
            position: appended.last,
            repeated: false,
        };
        let last_event = EventId::of_append(order.append, events.len() - 1);
        self.snapshot_if_due(&order.stream, events_since, &executed, last_event);
        Ok(Some(executed))
    }

    fn snapshot_if_due(
        &self,
        stream: &StreamId,
        events_since: u64,
        executed: &Executed<A>,
        last_event: EventId,
    ) {
        let Some(snapshots) = &self.snapshots else {
            return;
        };
        if snapshots.is_due(events_since) {
            let shortcut = Shortcut {
                state: executed.state.clone(),
                version: executed.version,
                last_event,
            };
            Arc::clone(snapshots).take(stream.clone(), shortcut);
        }
    }

    async fn refuse(
        &self,
        order: &Order,
        refusal: A::Error,
    ) -> Result<Option<Executed<A>>, ExecuteError<A::Error>> {
        if order.key.is_some() {
            let refused = CommandRefused {
                stream: order.stream.clone(),
                error: &refusal,
            };
            let append = refused.to_append(order.append, order.metadata.clone())?;
            if self.append(order, append).await?.is_none() {
                return Ok(None);
            }
        }
        Err(ExecuteError::Refused(refusal))
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

impl Order {
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
