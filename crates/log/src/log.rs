//! The writer.

use std::io;
use std::sync::Arc;

use crate::active::ActiveSegment;
use crate::batch::Batch;
use crate::disk::{Disk, DiskLock};
use crate::error::{CommitError, OpenError, WriteFault};
use crate::index::Index;
use crate::mark::Mark;
use crate::options::{LogOptions, Sizes, StoreId};
use crate::prepare::Preparation;
use crate::reader::LogReader;
use crate::recover::{Recovered, Recovery, recover};

const LOCK: &str = "LOCK";

/// The one writer of a log.
///
/// Dropping it closes the log; [`close`](Log::close) also says how that went.
pub struct Log {
    disk: Arc<dyn Disk>,
    sizes: Sizes,
    prepare_ahead: bool,
    active: ActiveSegment,
    preparation: Preparation,
    index: Arc<Index>,
    mark: Mark,
    recovery: Recovery,
    state: State,
    // Last, so that it is released last.
    _lock: DiskLock,
}

/// A committed batch: the positions of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The position of its first record.
    pub first: u64,
    /// The position of its last record.
    pub last: u64,
}

enum State {
    Writing,
    /// A failure left the disk in an unknown state: nothing is written ever after.
    Stopped(Arc<io::Error>),
    Closed,
}

impl Log {
    /// Opens the log in a directory, or makes one in an empty directory, and shows `visit` every record with its
    /// position, in order. Should opening then fail, forget what was shown.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        disk: Arc<dyn Disk>,
        options: &LogOptions,
        visit: &mut dyn FnMut(u64, &[u8]),
    ) -> Result<Log, OpenError> {
        let lock = disk.lock(LOCK).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => OpenError::Locked,
            _ => OpenError::Disk(error),
        })?;
        let Recovered {
            active,
            index,
            mark,
            recovery,
        } = recover(&*disk, options, visit)?;
        Ok(Log {
            sizes: options.sizes(),
            prepare_ahead: options.prepare_ahead,
            active,
            preparation: Preparation::new(Arc::clone(&disk)),
            index,
            mark,
            recovery,
            state: State::Writing,
            disk,
            _lock: lock,
        })
    }

    /// The identity of the store.
    #[must_use]
    pub fn store_id(&self) -> StoreId {
        self.mark.claim().store_id
    }

    /// What opening it found, to be logged.
    #[must_use]
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// The position of the last committed record, 0 when there is none.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.active.last()
    }

    /// The bytes a batch may take, [`Batch::bytes`].
    #[must_use]
    pub fn max_batch_bytes(&self) -> usize {
        self.sizes.max_batch_bytes as usize
    }

    /// A reader of the log.
    #[must_use]
    pub fn reader(&self) -> LogReader {
        LogReader::new(Arc::clone(&self.index))
    }

    /// Makes a batch durable, by one write and one sync. When it returns `Ok`, the batch survives a crash and
    /// readers see it.
    ///
    /// # Errors
    /// See [`CommitError`].
    pub fn commit(&mut self, batch: &Batch) -> Result<Committed, CommitError> {
        self.check(batch)?;
        if !self.active.has_room(batch.bytes()) {
            self.roll()
                .map_err(|fault| self.note(fault, |cause| CommitError::Stopped { cause }))?;
        }
        let first = self.active.last() + 1;
        self.active
            .write(batch)
            .map_err(|fault| self.note(fault, |cause| CommitError::Unconfirmed { cause }))?;
        let last = self.active.last();
        self.index.publish(last);

        if let Err(cause) = self.mark.advance(last) {
            // The batch is durable and the older mark still true; but a disk that fails is not written to again.
            self.state = State::Stopped(Arc::new(cause));
        }
        if self.prepare_ahead && self.active.is_half_full() {
            self.preparation.start(self.sizes.segment_bytes);
        }
        Ok(Committed { first, last })
    }

    /// Closes the log, so that the next opening has nothing to settle.
    ///
    /// # Errors
    /// What the disk said when the mark could not be synced. Nothing committed is lost then.
    pub fn close(mut self) -> io::Result<()> {
        self.settle_mark()
    }

    fn check(&self, batch: &Batch) -> Result<(), CommitError> {
        if let State::Stopped(cause) = &self.state {
            return Err(CommitError::Stopped {
                cause: Arc::clone(cause),
            });
        }
        if batch.is_empty() {
            return Err(CommitError::Empty);
        }
        let (bytes, limit) = (batch.bytes(), self.max_batch_bytes());
        if bytes > limit {
            return Err(CommitError::TooLarge { bytes, limit });
        }
        Ok(())
    }

    /// Goes on in a new segment.
    fn roll(&mut self) -> Result<(), WriteFault> {
        let prepared = self.preparation.finish(self.sizes.segment_bytes)?;
        self.active = self.active.succeed(&*self.disk, prepared, self.sizes)?;
        self.index.add(self.active.indexed());
        Ok(())
    }

    /// The error for a fault, which stops the writer unless the log is as it was before.
    fn note(
        &mut self,
        fault: WriteFault,
        unknown: fn(Arc<io::Error>) -> CommitError,
    ) -> CommitError {
        match fault {
            WriteFault::Undone(cause) => CommitError::NotWritten {
                cause: Arc::new(cause),
            },
            WriteFault::Unknown(cause) => {
                let cause = Arc::new(cause);
                self.state = State::Stopped(Arc::clone(&cause));
                unknown(cause)
            }
        }
    }

    fn settle_mark(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Writing => self.mark.settle(self.active.last(), true),
            State::Stopped(_) | State::Closed => Ok(()),
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // Not an error to speak of: without the mark the next opening only has more to do.
        let _ = self.settle_mark();
    }
}
