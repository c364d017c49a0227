//! One batch of events on its way into rows.

use std::collections::HashMap;
use std::fmt;

use super::{AnyEvent, TableFold, TableWrites};
use crate::column::Value;
use crate::event::RecordedEvent;
use crate::position::Position;
use crate::projection::ProjectionError;
use crate::quarantine::{PartitionKey, Quarantine};
use crate::table_projection::{Fault, Rows};

/// The fold of one batch, in memory.
///
/// Events are applied in their order, each once all rows it asks for are loaded. Whenever one has
/// to wait, those behind it are tried as well, up to the first that fails, only to see which rows
/// they will ask for: so it takes a few round trips to load the rows of a batch, however many events
/// it has.
///
/// Events that belong to what is in quarantine are parked instead, and so are those that are to be
/// parked when they fail.
pub struct Folding {
    fold: TableFold,
    /// The events, decoded; those that are not cannot be applied.
    events: Vec<Result<AnyEvent, ProjectionError>>,
    /// How many of them are applied or parked.
    done: usize,
    rows: Rows,
    quarantine: Quarantine,
    /// Events that are not tried, since they failed before.
    failed: HashMap<Position, ProjectionError>,
    /// Whether an event that cannot be applied is parked, instead of failing the batch.
    parks_failures: bool,
    parked: Vec<Parked>,
}

/// An event that was parked instead of applied.
#[derive(Debug, Clone)]
pub struct Parked {
    /// Where it is.
    pub position: Position,
    /// What is to wait for it from now on.
    pub keys: Vec<PartitionKey>,
    /// Why: it failed so, or an earlier event is parked, the one at this position.
    pub cause: Result<Position, ProjectionError>,
}

/// How far the fold of a batch is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a fold that misses rows is not done"]
pub enum Progress {
    /// It waits for these rows: which of the fold's tables, and the values of the key. Each is
    /// asked for once.
    Missing(Vec<(usize, Vec<Value>)>),
    /// All events are applied or parked.
    Done,
}

impl Folding {
    pub(super) fn new(fold: &TableFold, quarantine: Quarantine) -> Self {
        Self {
            fold: fold.clone(),
            events: Vec::new(),
            done: 0,
            rows: Rows::of(fold.tables.clone()),
            quarantine,
            failed: HashMap::new(),
            parks_failures: false,
            parked: Vec::new(),
        }
    }

    /// Parks every event that cannot be applied, and goes on with those that need not wait for it.
    #[must_use]
    pub fn parking_failures(mut self) -> Self {
        self.parks_failures = true;
        self
    }

    /// Parks an event when its turn comes, without another try.
    pub fn park(&mut self, position: Position, failure: ProjectionError) {
        self.failed.insert(position, failure);
    }

    /// Goes on until rows are missing or all events are applied or parked. It is called with the same
    /// events each time.
    ///
    /// # Errors
    /// [`ProjectionError::Event`] with the first event that cannot be applied and is not to be parked;
    /// [`ProjectionError::Damaged`] when a row that was loaded is not one of its read model.
    pub fn advance(&mut self, events: &[RecordedEvent]) -> Result<Progress, ProjectionError> {
        if self.events.is_empty() {
            self.events = events.iter().map(|record| self.decode(record)).collect();
        }
        for (place, record) in events.iter().enumerate().skip(self.done) {
            let is_next = place == self.done;
            if is_next && self.stays_parked(place, record) {
                self.done += 1;
                continue;
            }
            match self.apply(place, record) {
                Ok(true) if is_next => {
                    self.rows.keep(record.position);
                    self.done += 1;
                }
                Ok(_) => {}
                Err(error) if is_next => {
                    self.park_failed(place, record, error)?;
                    self.done += 1;
                }
                // On rows that are not as they will be. What is behind it may fail as well, and each
                // panic is printed.
                Err(_) => break,
            }
        }
        if self.done == events.len() {
            return Ok(Progress::Done);
        }
        Ok(Progress::Missing(self.rows.take_missing()))
    }

    /// Takes in a missing row: its values in the order of the columns, or that there is none.
    pub fn loaded(&mut self, table: usize, key: Vec<Value>, row: Option<Vec<Value>>) {
        self.rows.load((table, key), row);
    }

    /// The events that were parked, in order.
    pub fn take_parked(&mut self) -> Vec<Parked> {
        std::mem::take(&mut self.parked)
    }

    /// What is to be written to each of the fold's tables.
    pub fn into_writes(self) -> Vec<TableWrites> {
        self.rows.into_writes()
    }

    fn decode(&self, record: &RecordedEvent) -> Result<AnyEvent, ProjectionError> {
        let decoded = ProjectionError::catch(record.position, || (self.fold.decode)(record))?;
        decoded.map_err(|error| ProjectionError::at(record.position, error))
    }

    /// True if the event is parked without a try: it failed before, or waits for one that did.
    fn stays_parked(&mut self, place: usize, record: &RecordedEvent) -> bool {
        if self.failed.is_empty() && self.quarantine.is_empty() {
            return false;
        }
        let keys = self.keys(place, record);
        let cause = match self.failed.remove(&record.position) {
            Some(failure) => Err(failure),
            None => match self.waits_for(&keys, record) {
                Some(first) => Ok(first),
                None => return false,
            },
        };
        self.park_because(record, cause, keys);
        true
    }

    fn waits_for(&self, keys: &[PartitionKey], record: &RecordedEvent) -> Option<Position> {
        // Also in its stream: an event that was not understood could tell no other key.
        let stream = [PartitionKey::of_stream(&record.stream)];
        let first = [keys, &stream].map(|keys| self.quarantine.waits_for(keys, record.position));
        first.into_iter().flatten().min()
    }

    fn park_failed(
        &mut self,
        place: usize,
        record: &RecordedEvent,
        error: ProjectionError,
    ) -> Result<(), ProjectionError> {
        let is_event = matches!(error, ProjectionError::Event { .. });
        if !self.parks_failures || !is_event {
            return Err(error);
        }
        let keys = self.keys(place, record);
        self.park_because(record, Err(error), keys);
        Ok(())
    }

    fn park_because(
        &mut self,
        record: &RecordedEvent,
        cause: Result<Position, ProjectionError>,
        keys: Vec<PartitionKey>,
    ) {
        self.quarantine.park(keys.iter().cloned(), record.position);
        self.parked.push(Parked {
            position: record.position,
            keys,
            cause,
        });
    }

    /// What the event belongs to: its stream, if it cannot tell.
    fn keys(&self, place: usize, record: &RecordedEvent) -> Vec<PartitionKey> {
        let told = self.events[place].as_ref().ok().and_then(|event| {
            let keys = || (self.fold.partitions)(&**event);
            ProjectionError::catch(record.position, keys).ok()
        });
        told.unwrap_or_else(|| vec![PartitionKey::of_stream(&record.stream)])
    }

    /// Applies one event. False if it misses rows; what it changed does not count then.
    fn apply(&mut self, place: usize, record: &RecordedEvent) -> Result<bool, ProjectionError> {
        let event = self.events[place].as_ref().map_err(Clone::clone)?;
        self.rows.begin_event();
        let apply = || (self.fold.apply)(&mut self.rows, &**event);
        // Whether it lacks rows is known to the rows, even if the projection does not pass it on.
        let _ = ProjectionError::catch(record.position, apply)?;
        match self.rows.take_fault() {
            None => Ok(!self.rows.lacks_rows()),
            Some(Fault::Damaged(reason)) => Err(ProjectionError::Damaged { reason }),
            Some(Fault::Row(error)) => Err(ProjectionError::at(record.position, error)),
            Some(Fault::OtherKey(error)) => Err(ProjectionError::at(record.position, error)),
        }
    }
}

impl fmt::Debug for Folding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folding")
            .field("fold", &self.fold)
            .field("done", &self.done)
            .field("rows", &self.rows)
            .field("parked", &self.parked)
            .finish_non_exhaustive()
    }
}
