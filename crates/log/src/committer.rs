//! The writer in a thread of its own, so that the next batch forms while this one syncs.

use std::io;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

use crate::batch::Batch;
use crate::error::CommitError;
use crate::log::{Committed, Log};

/// Commits batches in a thread, one at a time, in the order they are submitted.
///
/// This is what makes group commit: whoever submits gathers everything that arrived while the last batch was
/// committed, and submits it as one batch when that is done. There is no timer: alone, a batch is
/// committed at once.
///
/// Dropping it waits for the batches submitted and closes the log.
pub struct Committer {
    submissions: Option<SyncSender<Batch>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Committer {
    /// Starts the thread, which calls `done` with the outcome of each batch and gives the batch back to be used again.
    ///
    /// # Errors
    /// What the operating system says when it refuses a thread.
    pub fn start(
        log: Log,
        done: impl FnMut(Result<Committed, CommitError>, Batch) + Send + 'static,
    ) -> io::Result<Committer> {
        // Without a buffer, so that one batch is in flight and a second waits with its submitter.
        let (submissions, batches) = mpsc::sync_channel(0);
        let thread = thread::Builder::new().name("annals-log-commit".to_owned());
        let thread = thread.spawn(move || commit_all(log, &batches, done))?;
        Ok(Committer {
            submissions: Some(submissions),
            thread: Some(thread),
        })
    }

    /// Hands a batch to the thread; waits while another is in flight.
    ///
    /// # Panics
    /// If `done` panicked.
    pub fn submit(&self, batch: Batch) {
        let submissions = self.submissions.as_ref().expect("only closing takes it");
        submissions
            .send(batch)
            .expect("the committer's thread lives as long as the committer");
    }

    /// Waits for the batches submitted, and closes the log.
    ///
    /// # Errors
    /// As [`Log::close`].
    ///
    /// # Panics
    /// If `done` panicked.
    pub fn close(mut self) -> io::Result<()> {
        let closed = self.join().expect("only closing takes the thread");
        closed.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn join(&mut self) -> Option<thread::Result<io::Result<()>>> {
        drop(self.submissions.take());
        self.thread.take().map(JoinHandle::join)
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        let _ = self.join();
    }
}

fn commit_all(
    mut log: Log,
    batches: &Receiver<Batch>,
    mut done: impl FnMut(Result<Committed, CommitError>, Batch),
) -> io::Result<()> {
    for batch in batches {
        let outcome = log.commit(&batch);
        done(outcome, batch);
    }
    log.close()
}

#[cfg(test)]
mod tests;
