//! Events that a projection could not apply: looking at them, trying them again, giving them up.

use std::sync::Arc;

use annals_core::{
    Clock, DeadLetter, DeadLetters, EventStore, Position, ProjectionError, Projector, Read,
    ReadError, RecordedEvent, Released, Skipped, Source, SystemClock, Tried,
};

/// Most events that are tried again in one transaction.
const PAGE: u32 = 500;

/// The parked events of a projection, for a person who mends things.
#[derive(Clone)]
pub struct ParkedEvents {
    store: Arc<dyn EventStore>,
    projector: Arc<dyn Projector>,
    clock: Arc<dyn Clock>,
    code_version: String,
}

/// Why nothing could be done about parked events.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ParkedError {
    /// No such event is parked.
    /// **Do:** list those that are.
    #[error("no event is parked at position {0}")]
    NotParked(Position),
    /// The projection keeps no dead letters.
    /// **Do:** mend the code, and start the projection again.
    #[error("projection {0} keeps no dead letters")]
    NoLetters(String),
    /// The events could not be read.
    /// **Do:** what [`ReadError`] says.
    #[error(transparent)]
    Store(#[from] ReadError),
    /// The read model could not be read or written.
    /// **Do:** what [`ProjectionError`] says.
    #[error(transparent)]
    ReadModel(#[from] ProjectionError),
}

impl ParkedEvents {
    /// Those of a projector's read model, whose events are in the store.
    pub fn new(store: Arc<dyn EventStore>, projector: Arc<dyn Projector>) -> Self {
        Self {
            store,
            projector,
            clock: Arc::new(SystemClock),
            code_version: String::new(),
        }
    }

    /// The same, by another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The same, tried by code that calls itself so.
    #[must_use]
    pub fn with_code_version(mut self, code_version: &str) -> Self {
        code_version.clone_into(&mut self.code_version);
        self
    }

    /// Letters after a position, in order, at most so many; skipped ones as well.
    ///
    /// # Errors
    /// [`ParkedError`] when they cannot be read.
    pub async fn list(&self, after: Position, limit: u32) -> Result<Vec<DeadLetter>, ParkedError> {
        Ok(self.letters()?.list(after, limit).await?)
    }

    /// How many events are parked now; those that were skipped are not.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn count(&self) -> Result<u64, ParkedError> {
        Ok(self.letters()?.parked().await?)
    }

    /// The letter of the event at a position, also if it was skipped.
    ///
    /// # Errors
    /// [`ParkedError::NotParked`] when there is none.
    pub async fn letter(&self, position: Position) -> Result<DeadLetter, ParkedError> {
        let before = Position(position.0.saturating_sub(1));
        let first = self.list(before, 1).await?.into_iter().next();
        let letter = first.filter(|letter| letter.position == position);
        letter.ok_or(ParkedError::NotParked(position))
    }

    /// A parked event as the store has it.
    ///
    /// # Errors
    /// [`ParkedError::NotParked`] when there is none.
    pub async fn event(&self, position: Position) -> Result<RecordedEvent, ParkedError> {
        self.letter(position).await?;
        self.read(position).await
    }

    /// Tries one event again. It stays parked if it fails, or if it waits for another.
    ///
    /// # Errors
    /// [`ParkedError::NotParked`] when it is not parked.
    pub async fn retry(&self, position: Position) -> Result<Released, ParkedError> {
        let event = self.event(position).await?;
        let released = self
            .letters()?
            .release([event].into(), self.tried())
            .await?;
        match released == Released::default() {
            true => Err(ParkedError::NotParked(position)),
            false => Ok(released),
        }
    }

    /// Tries all events again, in order. One that fails stays, and so does what waits for it.
    ///
    /// It takes a transaction for every 500 of them: what is applied by then stays applied, also if
    /// it is broken off. Those of an effect are performed one after the other, which takes as long as
    /// the outside does: drop the future to leave off.
    ///
    /// # Errors
    /// [`ParkedError`] when events cannot be read or rows not be written.
    pub async fn retry_all(&self) -> Result<Released, ParkedError> {
        let mut all = Released::default();
        let mut after = Position::START;
        loop {
            let letters = self.list(after, PAGE).await?;
            let Some(last) = letters.last() else {
                return Ok(all);
            };
            after = last.position;
            let parked = letters.iter().filter(|letter| letter.skipped.is_none());
            let mut events = Vec::new();
            for letter in parked {
                match self.read(letter.position).await {
                    // What the store does not have any more must not stop the others.
                    Err(ParkedError::NotParked(position)) => all.parked.push(position),
                    event => events.push(event?),
                }
            }
            let released = self.letters()?.release(events.into(), self.tried()).await?;
            all.applied.extend(released.applied);
            all.parked.extend(released.parked);
        }
    }

    /// Gives up an event for good, and keeps the reason for ever. What waited for it can be tried
    /// again from then on.
    ///
    /// # Errors
    /// [`ParkedError::NotParked`] when it is not parked.
    pub async fn skip(&self, position: Position, reason: &str) -> Result<(), ParkedError> {
        let skipped = Skipped {
            reason: reason.to_owned(),
            at: self.clock.now(),
        };
        match self.letters()?.skip(position, skipped).await? {
            true => Ok(()),
            false => Err(ParkedError::NotParked(position)),
        }
    }

    fn letters(&self) -> Result<&dyn DeadLetters, ParkedError> {
        let none = || ParkedError::NoLetters(self.projector.name().to_owned());
        self.projector.dead_letters().ok_or_else(none)
    }

    fn tried(&self) -> Tried {
        Tried {
            attempts: 1,
            code_version: self.code_version.clone(),
            at: self.clock.now(),
        }
    }

    async fn read(&self, position: Position) -> Result<RecordedEvent, ParkedError> {
        let before = Position(position.0.saturating_sub(1));
        let read = Read::forwards(Source::all_after(before)).limit(1);
        let event = self.store.read(read).await?.try_next().await?;
        let event = event.filter(|event| event.position == position);
        event.ok_or(ParkedError::NotParked(position))
    }
}

impl std::fmt::Debug for ParkedEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ParkedEvents")
            .field(&self.projector.name())
            .finish()
    }
}
