//! Folding rows again from the log: whether they are right, and putting in place those that are not.
//!
//! In reading order: `walk` takes a re-fold through the log beside the database; here is what is done
//! with it; `drift` does it in the background.

use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    Edition, Editions, EventStore, IdSource, KeySample, LeftOut, PartitionKey, Position,
    ProjectionError, QueryError, RandomIds, Read, ReadError, ReadModels, RefoldPurpose, RowsCheck,
    Sample, Source, StreamId, TableFold,
};

use crate::backoff::Backoff;
use crate::batches::Batches;
use walk::Walk;

pub use drift::{DriftDetection, DriftOptions, LatestRowsCheck, detect_drift};

mod drift;
mod walk;

/// Most times that rows are tried to be put in place.
const MOST_TRIES: u32 = 500;

/// Between those: the checkpoint was moved meanwhile.
const MOMENT: Backoff = Backoff {
    first: Duration::from_millis(1),
    most: Duration::from_millis(20),
};

/// Whose rows are folded again.
#[derive(Clone)]
pub struct RefoldSubject {
    /// Where the events are.
    pub store: Arc<dyn EventStore>,
    /// Where the rows are.
    pub read_models: Arc<dyn ReadModels>,
    /// How they are made.
    pub fold: TableFold,
    /// Which of them.
    pub edition: Edition,
}

/// How rows are folded again. The defaults are for production.
#[derive(Clone)]
pub struct RefoldOptions {
    /// How many keys are drawn from the events, to find rows that are missing or differ; and where
    /// each row is folded by itself, how many rows from the database, to find those that are made of
    /// no event.
    pub sample: u32,
    /// Most events that are read at once.
    pub max_batch: NonZeroUsize,
    /// Most events in a second; none is as many as there can be.
    pub throttle: Option<NonZeroU32>,
    /// Draws other keys each time, and makes waits differ.
    pub ids: Arc<dyn IdSource>,
}

impl Default for RefoldOptions {
    fn default() -> Self {
        Self {
            sample: 200,
            max_batch: NonZeroUsize::new(1_000).expect("1,000 is not zero"),
            throttle: None,
            ids: Arc::new(RandomIds),
        }
    }
}

impl RefoldOptions {
    /// How events are read.
    fn batches(&self) -> Batches {
        Batches {
            max_batch: self.max_batch,
            throttle: self.throttle,
        }
    }
}

/// Rows that were made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowsRebuilt {
    /// How they were before: what drifted is as it should be now.
    pub before: RowsCheck,
    /// Parked events that are applied by that.
    pub unparked: Vec<Position>,
}

/// Why rows could not be folded again. Nothing was written.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum RefoldError {
    /// Events could not be read.
    /// **Do:** what [`ReadError`] says.
    #[error(transparent)]
    Store(#[from] ReadError),
    /// The rows are not those of this store or of this code, an event does not tell which rows it
    /// concerns, or rows could not be written.
    /// **Do:** what [`ProjectionError`] says.
    #[error(transparent)]
    ReadModel(#[from] ProjectionError),
    /// The rows could not be read.
    /// **Do:** what [`QueryError`] says.
    #[error(transparent)]
    Rows(#[from] QueryError),
    /// The database of the read models does not tell which rows are of which moment.
    /// **Do:** keep the read model in one that does.
    #[error("the read models' database does not tell which rows are of which moment")]
    NoMoments,
    /// There is no such edition.
    /// **Do:** start the projection, which makes it.
    #[error("there is no {edition} edition of {projection}")]
    NoEdition {
        /// Which projection.
        projection: &'static str,
        /// Which of its editions.
        edition: Edition,
    },
    /// The read model holds more than the store does: the store was put back to an earlier time.
    /// **Do:** put the store's later events back, or delete the read model to have it rebuilt.
    #[error("the read model is at position {checkpoint}, ahead of the store at {head}")]
    AheadOfStore {
        /// Where the read model is.
        checkpoint: Position,
        /// The last position of the store.
        head: Position,
    },
    /// Another edition has taken the place of the one that was looked at, or it was made again.
    /// **Do:** ask again.
    #[error("the edition was exchanged or made again meanwhile")]
    Exchanged,
    /// The rows of a key that is to be made anew cannot be told by the events of the given keys
    /// alone.
    /// **Do:** mend or skip the event; name its other keys as well; or make the whole read model
    /// anew.
    #[error("{key} cannot be made anew: {why}")]
    KeyLeftOut {
        /// Which key.
        key: PartitionKey,
        /// What stands against it.
        why: LeftOut,
    },
    /// The projection moved on each time before the rows were in place.
    /// **Do:** try again when there is less to do, or pause the projection.
    #[error("the projection never stood still long enough")]
    NeverFree,
}

/// Folds some keys of a read model again from the log, and compares their rows with those that are
/// stored.
///
/// It reads the whole log, and keeps some keys' rows in memory. The projection may go on meanwhile:
/// the rows are read at one moment, and folded up to that. It writes nothing; dropping its future
/// ends it.
///
/// # Errors
/// [`RefoldError`] when it could not be done. What it finds is no error: see
/// [`RowsCheck::is_right`].
pub async fn check_rows(
    subject: &RefoldSubject,
    options: &RefoldOptions,
) -> Result<RowsCheck, RefoldError> {
    for _ in 0..MOST_TRIES {
        let given = subject.some_stored(options.sample).await?;
        let sample = KeySample::of(given).and_draw(options.sample as usize, options.ids.next());
        let mut walk = Walk::begin(subject, options, sample, RefoldPurpose::Comparison).await?;
        walk.look().await?;
        let (asked, stored) = walk.look().await?;
        let check = walk.refold.compare(asked, &stored);
        // What was redacted on the way looks like drift.
        if check.is_right() || !walk.is_overtaken_by_erasure().await? {
            return Ok(check);
        }
    }
    Err(RefoldError::NeverFree)
}

/// Makes the rows of some keys anew, and no others: folds them again from the log, and puts them in
/// place in one transaction, at the position at which they are.
///
/// Events of these keys that are parked are applied with it, and parked no more; one that cannot be
/// is refused. What was skipped stays given up. Other readers and whoever keeps the read model up to
/// date go on.
///
/// # Errors
/// [`RefoldError`]: nothing was written.
pub async fn rebuild_rows(
    subject: &RefoldSubject,
    keys: BTreeSet<PartitionKey>,
    options: &RefoldOptions,
) -> Result<RowsRebuilt, RefoldError> {
    let mut rebuilt = None;
    for _ in 0..MOST_TRIES {
        let sample = KeySample::of(keys.clone());
        let walk = Walk::begin(subject, options, sample, RefoldPurpose::Replacement).await?;
        let (now, is_overtaken) = put_in_place(walk, options).await?;
        let rebuilt = rebuilt.get_or_insert(now);
        if !is_overtaken {
            return Ok(rebuilt.clone());
        }
    }
    Err(RefoldError::NeverFree)
}

/// Goes all the way, and puts the rows in place. True: somebody was forgotten meanwhile, so that the
/// rows may say what must not be kept, and are to be made once more.
///
/// The log is asked after the rows were written: whoever is forgotten later than that is reached by
/// their erasure.
async fn put_in_place(
    mut walk: Walk<'_>,
    options: &RefoldOptions,
) -> Result<(RowsRebuilt, bool), RefoldError> {
    walk.look().await?;
    for attempt in 1..=MOST_TRIES {
        let (asked, stored) = walk.look().await?;
        let before = walk.refold.compare(asked, &stored);
        if let Some((key, why)) = walk.refold.left_out().next() {
            let (key, why) = (key.clone(), why.clone());
            return Err(RefoldError::KeyLeftOut { key, why });
        }
        match walk.put_in_place().await {
            Ok(unparked) => {
                let is_overtaken = walk.is_overtaken_by_erasure().await?;
                return Ok((RowsRebuilt { before, unparked }, is_overtaken));
            }
            Err(ProjectionError::Moved { .. }) => MOMENT.pause(attempt, &*options.ids).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(RefoldError::NeverFree)
}

/// What the events of a stream must stay in order with, as a fold tells it: the rows that they
/// change, or the stream.
///
/// # Errors
/// [`RefoldError`] when the stream could not be read.
pub async fn keys_of_stream(
    store: &dyn EventStore,
    fold: &TableFold,
    stream: &StreamId,
) -> Result<BTreeSet<PartitionKey>, RefoldError> {
    // What cannot be read by now was parked under it.
    let mut keys = BTreeSet::from([PartitionKey::of_stream(stream)]);
    let read = Read::forwards(Source::stream(stream.clone()));
    let mut events = store.read(read).await?;
    while let Some(event) = events.try_next().await? {
        let query = fold.query();
        if query.matches(&event.stream, &event.event_type, &event.tags) {
            keys.extend(fold.partitions_of(&event).unwrap_or_default());
        }
    }
    Ok(keys)
}

impl RefoldSubject {
    fn editions(&self) -> Result<&dyn Editions, RefoldError> {
        self.read_models.editions().ok_or(RefoldError::NoMoments)
    }

    /// The keys of rows that are stored, drawn at random, where a row is a key of its own.
    async fn some_stored(&self, most: u32) -> Result<BTreeSet<PartitionKey>, RefoldError> {
        if !self.fold.is_by_row() {
            return Ok(BTreeSet::new());
        }
        self.check_is_there().await?;
        let (editions, sample) = (self.editions()?, Sample::Random(most));
        let stored = editions.rows(&self.fold, self.edition, sample).await?;
        let tables = self.fold.tables().iter().zip(&stored.tables);
        let keys = tables.flat_map(|(shape, table)| {
            let rows = table.rows.iter();
            rows.map(|row| PartitionKey::of_row(&shape.key_of(row)))
        });
        Ok(keys.collect())
    }

    async fn check_is_there(&self) -> Result<(), RefoldError> {
        let states = self.editions()?.list(self.fold.name()).await?;
        match states.iter().any(|state| state.edition == self.edition) {
            true => Ok(()),
            false => Err(self.missing()),
        }
    }

    fn missing(&self) -> RefoldError {
        let (projection, edition) = (self.fold.name(), self.edition);
        RefoldError::NoEdition {
            projection,
            edition,
        }
    }
}

impl std::fmt::Debug for RefoldSubject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefoldSubject")
            .field("fold", &self.fold)
            .field("edition", &self.edition)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for RefoldOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefoldOptions")
            .field("sample", &self.sample)
            .field("max_batch", &self.max_batch)
            .field("throttle", &self.throttle)
            .finish_non_exhaustive()
    }
}
