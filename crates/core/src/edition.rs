//! Editions of a read model: the one that is read, one that is being made beside it, and the one
//! before.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::checkpoint::StoredCheckpoint;
use crate::column::Value;
use crate::dead_letter::DeadLetter;
use crate::ids::EditionId;
use crate::position::Position;
use crate::projection::{ProjectionError, Projector};
use crate::read_models::QueryError;
use crate::snapshot::Fingerprint;
use crate::table_fold::{TableFold, TableWrites};

/// Which edition of a read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Edition {
    /// The one that is read.
    Current,
    /// One that is being made anew, to be read once it is proven.
    Candidate,
    /// The one that was read before, kept to go back to.
    Previous,
}

impl Edition {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Candidate => "candidate",
            Self::Previous => "previous",
        }
    }

    /// What a name becomes for something of this edition, beside that of the current one.
    pub fn named(self, name: &str) -> String {
        match self {
            Self::Current => name.to_owned(),
            _ => format!("{name}__{}", self.name()),
        }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An edition that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EditionState {
    /// Which.
    pub edition: Edition,
    /// Stays the same when it takes another place.
    pub id: EditionId,
    /// What its tables were declared as.
    pub fingerprint: Fingerprint,
    /// Up to where it is complete.
    pub position: Position,
    /// When another took its place; none unless it is the previous one.
    pub replaced_at: Option<Timestamp>,
}

/// Rows of an edition, all of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionRows {
    /// Up to where the edition was complete then.
    pub position: Position,
    /// For each table of the fold: how many rows it had, and those that were asked for.
    pub tables: Vec<TableRows>,
}

/// Rows of one table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableRows {
    /// How many there are in all.
    pub count: u64,
    /// Some of them.
    pub rows: Vec<Vec<Value>>,
}

/// Which rows of each table of a fold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sample {
    /// So many of each, at random.
    Random(u32),
    /// Those of these keys, for each table.
    Keys(Vec<Vec<Vec<Value>>>),
}

/// What an edition holds at one moment: how far it is, what it left out on the way, and some rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionView {
    /// Of which declaration and store its rows are, and up to where.
    pub checkpoint: StoredCheckpoint,
    /// All of its dead letters, in order; skipped ones as well.
    pub letters: Vec<DeadLetter>,
    /// For each table of the fold: the rows that were asked for, as far as they are there.
    pub rows: Vec<Vec<Vec<Value>>>,
}

/// Rows to be put in place of those that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Which edition they are of, wherever it is.
    pub edition: EditionId,
    /// At which position of its checkpoint.
    pub at: Position,
    /// For each table of the fold.
    pub tables: Vec<TableWrites>,
    /// Parked events whose effect is in these rows, so that nothing waits for them any more.
    pub unparked: Vec<Position>,
}

/// What becomes of the editions of a read model, each change in one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// The candidate becomes the current one, and that the previous one. An older previous one is
    /// dropped.
    CutOver,
    /// The previous one becomes the current one again, and that the previous one.
    RollBack,
}

/// The editions of read models, in a database that can keep several.
///
/// # Contract
///
/// 1. Each edition has tables, a checkpoint and dead letters of its own. What is written to one
///    shows in no other.
/// 2. Whoever reads rows reads those of the current edition; before an [`Exchange`] or after it, and
///    never a mixture. It waits for a reader or a writer no longer than a moment: it is refused as
///    [`Unavailable`](QueryError::Unavailable) instead.
/// 3. An edition that is behind the current one does not take its place, so that nobody reads of
///    the past.
/// 4. After an exchange a projector is of the edition that has its place now, and goes on where that
///    is. One whose fold is not that of the edition is superseded.
/// 5. Nobody moves the checkpoint of the current edition on while what takes its place catches up
///    with it, so that an exchange succeeds however much there is to take in.
/// 6. A projector that was not resumed since an edition was made writes nothing to it, also when
///    another one was dropped from the same place.
/// 7. Rows are [replaced](Self::replace) in one transaction, and only in the edition and at the position
///    they were made for, and if what they unpark is parked. Nothing else changes, and whoever keeps
///    the edition up to date goes on.
#[async_trait]
pub trait Editions: Send + Sync {
    /// Those that are there, the current one first.
    async fn list(&self, projection: &str) -> Result<Vec<EditionState>, QueryError>;

    /// Binds a fold to an edition.
    ///
    /// The tables of the current one are made if there is none. Those of another declaration stay as
    /// they are, and the projector is superseded, until an edition of this declaration takes the
    /// place. The candidate's tables are made if they are not there; if they are of another
    /// declaration, they are dropped and made again. Of the previous one nothing is made: it must be
    /// there to be resumed.
    async fn projector(
        &self,
        fold: TableFold,
        edition: Edition,
    ) -> Result<Arc<dyn Projector>, QueryError>;

    /// Rows of an edition, all of one moment.
    async fn rows(
        &self,
        fold: &TableFold,
        edition: Edition,
        sample: Sample,
    ) -> Result<EditionRows, QueryError>;

    /// Rows of these keys, for each table of the fold, with checkpoint and dead letters of the same
    /// moment. `None`: there is no such edition.
    async fn view(
        &self,
        fold: &TableFold,
        edition: Edition,
        keys: Vec<Vec<Vec<Value>>>,
    ) -> Result<Option<EditionView>, QueryError>;

    /// Puts rows in place. [`ProjectionError::Moved`]: it is not as it was when they were made;
    /// nothing was written.
    async fn replace(
        &self,
        fold: &TableFold,
        edition: Edition,
        replacement: Replacement,
    ) -> Result<(), ProjectionError>;

    /// Exchanges editions, if the one that is to take the place is of this fold. The time is kept
    /// with the one that is replaced.
    /// A successor that is behind then is told to catch up.
    async fn exchange(
        &self,
        fold: &TableFold,
        exchange: Exchange,
        successor: &mut dyn Successor,
        now: Timestamp,
    ) -> Result<Exchanged, QueryError>;

    /// Drops the candidate or the previous edition, if it is there.
    ///
    /// # Panics
    /// When it is the current one: a mistake in the program.
    async fn discard(&self, projection: &str, edition: Edition) -> Result<(), QueryError>;

    /// Drops the previous edition, if it was replaced at that time or before. True: it did.
    async fn discard_replaced(
        &self,
        projection: &str,
        until: Timestamp,
    ) -> Result<bool, QueryError>;
}

/// Whoever makes the edition that is to take the place of the current one.
#[async_trait]
pub trait Successor: Send {
    /// Folds what it lacks up to a position, where the current edition stands still meanwhile. It may
    /// leave off rather than let that be noticed; then nothing is exchanged.
    async fn catch_up(&mut self, position: Position);
}

/// What came of an [`Exchange`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchanged {
    /// It is done: readers see the other edition, complete up to this position.
    Done(Position),
    /// Nothing changed: it is behind the current one.
    Behind {
        /// Where it is.
        position: Position,
        /// Where the current one is.
        current: Position,
    },
    /// Nothing changed: there is no such edition of this fold.
    Missing,
}

impl Exchange {
    /// The edition that takes the place of the current one.
    pub fn successor(self) -> Edition {
        match self {
            Self::CutOver => Edition::Candidate,
            Self::RollBack => Edition::Previous,
        }
    }
}
