//! What became of events ahead of the checkpoint. Those are the events of one batch at most.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use annals_core::{Cause, EffectError, IdSource, Position, ProjectionError, RecordedEvent};
use tokio::time::Instant;

use crate::backoff::Backoff;

/// Nobody who asks to be called again later is waited for longer at a time.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// What this process remembers of events that the checkpoint has not passed.
pub(super) struct Ahead {
    became: BTreeMap<Position, Became>,
    patience: Patience,
}

/// How often and how long an event is tried.
pub(super) struct Patience {
    pub(super) backoff: Backoff,
    pub(super) ids: Arc<dyn IdSource>,
    pub(super) gives_up_after: Option<Duration>,
}

/// What is to be done for an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing more.
    Done,
    /// It is to be performed.
    Open,
    /// Nothing yet, nor for the events behind it.
    Waits,
}

/// What became of an event.
enum Became {
    Done,
    /// It is to be parked.
    Refused(Cause),
    Troubled(Trouble),
}

/// An event that was not acknowledged.
struct Trouble {
    since: Instant,
    attempts: u32,
    again_at: Instant,
    cause: Cause,
}

/// An event that nobody acknowledged for too long.
#[derive(Debug, thiserror::Error)]
#[error("given up after {attempts} attempts in {tried_for:?}: {cause}")]
struct GivenUp {
    attempts: u32,
    tried_for: Duration,
    #[source]
    cause: Cause,
}

/// An event that was not begun because those before it took so long.
#[derive(Debug, thiserror::Error)]
#[error("the outside is slow: the rest from position {at} goes in smaller batches")]
struct Late {
    at: Position,
}

impl Ahead {
    pub(super) fn new(patience: Patience) -> Self {
        let became = BTreeMap::new();
        Self { became, patience }
    }

    pub(super) fn standing(&self, position: Position, now: Instant) -> Standing {
        match self.became.get(&position) {
            None => Standing::Open,
            Some(Became::Done) => Standing::Done,
            Some(Became::Refused(_)) => Standing::Waits,
            Some(Became::Troubled(trouble)) if now < trouble.again_at => Standing::Waits,
            Some(Became::Troubled(_)) => Standing::Open,
        }
    }

    /// The events that were not acknowledged.
    pub(super) fn troubled(&self) -> HashSet<Position> {
        let is_troubled = |became: &Became| matches!(became, Became::Troubled(_));
        let troubled = self.became.iter().filter(|(_, it)| is_troubled(it));
        troubled.map(|(position, _)| *position).collect()
    }

    /// Takes note of an answer.
    pub(super) fn note(&mut self, at: Position, answer: Result<(), EffectError>, now: Instant) {
        let became = match answer {
            Ok(()) => Became::Done,
            Err(EffectError::Event(cause)) => Became::Refused(cause),
            Err(EffectError::Transient(cause)) => self.in_trouble(at, cause, now, Duration::ZERO),
            Err(EffectError::Later { after, cause }) => self.in_trouble(at, cause, now, after),
            Err(other) => self.in_trouble(at, Arc::new(other), now, Duration::ZERO),
        };
        self.became.insert(at, became);
    }

    /// The first of these events that is not done, and why not.
    pub(super) fn first_not_done(
        &self,
        events: &[&RecordedEvent],
    ) -> Option<(Position, ProjectionError)> {
        let mut positions = events.iter().map(|event| event.position);
        positions.find_map(|position| {
            let error = match self.became.get(&position) {
                Some(Became::Done) => return None,
                Some(Became::Refused(cause)) => ProjectionError::Event {
                    position,
                    cause: Arc::clone(cause),
                },
                Some(Became::Troubled(trouble)) => ProjectionError::NotAcknowledged {
                    position,
                    cause: Arc::clone(&trouble.cause),
                },
                None => ProjectionError::Unavailable(Arc::new(Late { at: position })),
            };
            Some((position, error))
        })
    }

    /// What is up to the checkpoint is known to be done.
    pub(super) fn forget(&mut self, up_to: Position) {
        self.became.retain(|position, _| *position > up_to);
    }

    /// An event that failed once more, or for too long by now.
    fn in_trouble(&self, at: Position, cause: Cause, now: Instant, not_before: Duration) -> Became {
        let (since, before) = match self.became.get(&at) {
            Some(Became::Troubled(trouble)) => (trouble.since, trouble.attempts),
            _ => (now, 0),
        };
        let attempts = before.saturating_add(1);
        let tried_for = now - since;
        let Patience { backoff, ids, .. } = &self.patience;
        if self.patience.is_over(tried_for) {
            return Became::Refused(Arc::new(GivenUp {
                attempts,
                tried_for,
                cause,
            }));
        }
        let pause = backoff.delay(attempts, ids.next());
        Became::Troubled(Trouble {
            since,
            attempts,
            again_at: now + pause.max(not_before.min(LONGEST_WAIT)),
            cause,
        })
    }
}

impl Patience {
    fn is_over(&self, tried_for: Duration) -> bool {
        self.gives_up_after.is_some_and(|limit| tried_for >= limit)
    }
}

#[cfg(test)]
mod tests;
