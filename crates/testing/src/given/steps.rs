//! A projection event by event: what each of them changed.

use std::fmt;

use annals_core::{EventType, Position, RecordedEvent, StreamId};

use super::tables::{Row, Tables};

/// What one event changed. It is shown as
/// `position 3, Account-a, Deposited: balances ["a"] cents 5 -> 12`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where the event is.
    pub position: Position,
    /// The stream it is in.
    pub stream: StreamId,
    /// What happened.
    pub event_type: EventType,
    /// The rows that are others after it, by table and key.
    pub changes: Vec<RowChange>,
}

/// How a row is another one after an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowChange {
    /// There was none of its key.
    Added(Row),
    /// It was another one.
    Changed {
        /// What it was.
        before: Row,
        /// What it is.
        after: Row,
    },
    /// It is no more; this is what it was.
    Deleted(Row),
}

impl Step {
    pub(super) fn of(event: &RecordedEvent, before: &Tables, after: &Tables) -> Self {
        let rows = before.beside(after);
        Self {
            position: event.position,
            stream: event.stream.clone(),
            event_type: event.event_type.clone(),
            changes: rows.filter_map(RowChange::between).collect(),
        }
    }
}

impl RowChange {
    fn between((before, after): (Option<&Row>, Option<&Row>)) -> Option<Self> {
        match (before.cloned(), after.cloned()) {
            (Some(before), Some(after)) if before == after => None,
            (Some(before), Some(after)) => Some(Self::Changed { before, after }),
            (before, after) => before.map(Self::Deleted).or(after.map(Self::Added)),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (position, stream, event_type) = (self.position, &self.stream, &self.event_type);
        write!(f, "position {position}, {stream}, {event_type}: ")?;
        let changes: Vec<String> = self.changes.iter().map(RowChange::to_string).collect();
        match &changes[..] {
            [] => f.write_str("nothing"),
            changes => f.write_str(&changes.join("; ")),
        }
    }
}

impl fmt::Display for RowChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(row) => write!(f, "{row} (new)"),
            Self::Changed { before, after } => {
                let cells = before.cells().zip(after.cells());
                let changed = cells.filter(|((_, before), (_, after))| before != after);
                let cells: Vec<String> = changed
                    .map(|((column, before), (_, after))| format!("{column} {before} -> {after}"))
                    .collect();
                write!(f, "{} {}", after.name(), cells.join(", "))
            }
            Self::Deleted(row) => write!(f, "{} deleted", row.name()),
        }
    }
}
