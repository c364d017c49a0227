//! What an erasure has reached, and what it has not.

use annals_core::{Position, SubjectId};
use serde::{Deserialize, Serialize};

/// Most positions that are named of one place.
const MOST_TOLD: usize = 100;

/// What an erasure has reached, and what it has not: for the person who asked, and for who must show
/// later that it was done. It says nothing about the person but their pseudonym.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasureReport {
    /// Who was forgotten.
    pub subject: SubjectId,
    /// Where the log says so.
    pub position: Position,
    /// How many events tell something about them. They stay, and what is sealed in them is noise.
    pub events: u64,
    /// What was reached.
    pub reached: Vec<Reached>,
    /// What was not, and why.
    pub out_of_reach: Vec<OutOfReach>,
}

/// A place that was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// What kind of place it is.
    pub kind: PlaceKind,
    /// Which one.
    pub name: String,
    /// How many were dropped, redacted or made anew. What lets go by itself does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// A place that was not reached, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutOfReach {
    /// What kind of place it is.
    pub kind: PlaceKind,
    /// Which one.
    pub name: String,
    /// Why not, and what is to be done.
    pub why: String,
    /// Positions of events that it is about, the first hundred at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positions: Vec<Position>,
}

/// Where copies of what events say about a person may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum PlaceKind {
    /// The key that everything was sealed under.
    Key,
    /// What of events was kept beside the log.
    BesideTheLog,
    /// The events themselves.
    Events,
    /// States of aggregates in the memory of a process.
    RememberedAggregates,
    /// Snapshots of aggregates.
    Snapshots,
    /// The rows of a read model of typed tables, in one of its editions.
    ReadModel,
    /// What is kept by code of one's own, such as by SQL.
    OwnReadModel,
    /// Read models as they were, in a process.
    Pasts,
    /// Rows that checks and rebuilds have found to differ, in a process.
    Comparisons,
    /// Texts in dead letters.
    DeadLetters,
    /// What was [registered](super::Forgets): a cache, an export, a search index.
    Registered,
    /// Copies of databases and of logs that were made earlier.
    Backups,
}

impl ErasureReport {
    /// One that tells of the key alone.
    pub(super) fn begin(subject: SubjectId, position: Position, events: u64) -> Self {
        let key = Reached {
            kind: PlaceKind::Key,
            name: subject.to_string(),
            count: None,
        };
        Self {
            subject,
            position,
            events,
            reached: vec![key],
            out_of_reach: Vec::new(),
        }
    }

    pub(super) fn reaches(&mut self, kind: PlaceKind, name: &str, count: Option<u64>) {
        let name = name.to_owned();
        self.reached.push(Reached { kind, name, count });
    }

    pub(super) fn cannot_reach(
        &mut self,
        kind: PlaceKind,
        name: &str,
        why: &str,
        positions: &[Position],
    ) {
        self.out_of_reach.push(OutOfReach {
            kind,
            name: name.to_owned(),
            why: why.to_owned(),
            positions: positions.iter().copied().take(MOST_TOLD).collect(),
        });
    }
}
