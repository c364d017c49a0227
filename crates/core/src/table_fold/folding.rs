//! One batch of events on its way into rows.

use std::collections::BTreeSet;
use std::fmt;

use super::{AnyEvent, TableFold, TableWrites};
use crate::column::Value;
use crate::event::RecordedEvent;
use crate::handled::{Handled, HandledEvent};
use crate::parking::{Parking, PartitionKey};
use crate::projection::ProjectionError;
use crate::table_projection::{Fault, Rows};

/// The fold of one batch, in memory.
///
/// Events are applied in their order, each once all rows it asks for are loaded. Whenever one has
/// to wait, those behind it are tried as well, up to the first that fails, only to see which rows
/// they will ask for: so it takes a few round trips to load the rows of a batch, however many events
/// it has.
///
/// Some are parked instead, as its [`Parking`] says.
pub struct Folding {
    fold: TableFold,
    /// The events, decoded; those that are not cannot be applied.
    events: Vec<Result<AnyEvent, ProjectionError>>,
    /// Those of them that are applied or parked.
    handled: Vec<HandledEvent>,
    rows: Rows,
    parking: Parking,
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
    pub(super) fn new(fold: &TableFold, parking: Parking) -> Self {
        Self {
            fold: fold.clone(),
            events: Vec::new(),
            handled: Vec::new(),
            rows: Rows::of(fold.tables.clone()),
            parking,
        }
    }

    /// Leaves the rows of all other keys as they are.
    pub(super) fn apply_only_to(&mut self, keys: BTreeSet<PartitionKey>) {
        self.rows.keep_to(keys);
    }

    /// Goes on until rows are missing or all events are applied or parked. It is called with the same
    /// events each time.
    ///
    /// # Errors
    /// [`ProjectionError::Event`] with the first event that cannot be applied and is not to be parked;
    /// [`ProjectionError::Damaged`] when a row that was loaded is not one of its read model.
    pub fn advance(&mut self, events: &[RecordedEvent]) -> Result<Progress, ProjectionError> {
        if self.events.is_empty() {
            let events = events.iter().map(|record| self.fold.decode(record));
            self.events = events.collect();
        }
        for (place, record) in events.iter().enumerate().skip(self.handled.len()) {
            let is_next = place == self.handled.len();
            let keys = || partitions(&self.fold, &self.events[place], record);
            if is_next && self.parking.stays_parked(record, keys) {
                self.handled.push(record.into());
                continue;
            }
            match self.apply(place, record) {
                Ok(true) if is_next => {
                    self.rows.keep(record.position);
                    self.handled.push(record.into());
                }
                Ok(_) => {}
                Err(error) if is_next => {
                    let keys = || partitions(&self.fold, &self.events[place], record);
                    self.parking.take_failure(record, keys, error)?;
                    self.handled.push(record.into());
                }
                // On rows that are not as they will be. What is behind it may fail as well, and each
                // panic is printed.
                Err(_) => break,
            }
        }
        if self.handled.len() == events.len() {
            return Ok(Progress::Done);
        }
        Ok(Progress::Missing(self.rows.take_missing()))
    }

    /// Takes in a missing row: its values in the order of the columns, or that there is none.
    pub fn loaded(&mut self, table: usize, key: Vec<Value>, row: Option<Vec<Value>>) {
        self.rows.load((table, key), row);
    }

    /// What is to be written to each of the fold's tables, and what became of the events.
    pub fn finish(self) -> (Vec<TableWrites>, Handled) {
        let handled = Handled {
            events: self.handled,
            parked: self.parking.into_parked(),
        };
        (self.rows.into_writes(), handled)
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
            Some(Fault::NotPerformed(cause)) => Err(ProjectionError::Event {
                position: record.position,
                cause,
            }),
        }
    }
}

/// What an event must stay in order with: its stream, if it tells nothing else.
fn partitions(
    fold: &TableFold,
    event: &Result<AnyEvent, ProjectionError>,
    record: &RecordedEvent,
) -> Vec<PartitionKey> {
    let told = event.as_ref().ok().and_then(|event| {
        let keys = || (fold.partitions)(&**event);
        ProjectionError::catch(record.position, keys).ok()
    });
    told.filter(|keys| !keys.is_empty())
        .unwrap_or_else(|| vec![PartitionKey::of_stream(&record.stream)])
}

impl fmt::Debug for Folding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folding")
            .field("fold", &self.fold)
            .field("handled", &self.handled.len())
            .field("rows", &self.rows)
            .field("parking", &self.parking)
            .finish_non_exhaustive()
    }
}
