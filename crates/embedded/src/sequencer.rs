//! The sequencer: the one thread that decides which appends are taken, and in which order.
//!
//! While the committer's thread writes and syncs one group of appends, the sequencer decides on
//! and encodes the next: everything that arrives during a sync shares the next sync. What is
//! taken enters the index at once, so that the next decision builds on it, but readers see it
//! only when it is durable. If a group cannot be written, the index forgets it, and what was
//! decided on top of it is decided again.
//!
//! Every answer, a refusal too, waits until all it builds on is durable: no caller learns of an
//! event that a crash could take away.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use annals_core::{Append, AppendError, AppendId, Appended, Clock, Position};
use annals_log::{Batch, CommitError, Committed, Committer};
use crossbeam_channel::{Receiver, select};
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};

use crate::decide::{Decision, decide};
use crate::index::{Entry, Index};
use crate::read::Reader;
use crate::record::{self, Place};

/// A group takes no more appends once it holds this many bytes.
const GROUP_BYTES: usize = 1024 * 1024;

/// What the sequencer is asked.
pub(crate) enum Request {
    /// To take an append.
    Append(AppendRequest),
    /// To say when it is settled whether an append committed.
    Settle(SettleRequest),
}

/// An append on its way.
pub(crate) struct AppendRequest {
    pub(crate) append: Append,
    pub(crate) answer: oneshot::Sender<Result<Appended, AppendError>>,
    /// A place in the queue, free again when the request is answered.
    pub(crate) _place: OwnedSemaphorePermit,
}

/// A question about an append, which may be on its way. It is behind the append in the queue, and
/// so is never answered too early. Without an answer nobody knows.
pub(crate) struct SettleRequest {
    pub(crate) append: AppendId,
    pub(crate) settled: oneshot::Sender<()>,
    /// A place in the queue, free again when the request is answered.
    pub(crate) _place: OwnedSemaphorePermit,
}

/// The end of a commit, with the batch, whose memory is to be used again.
pub(crate) type CommitResult = (Result<Committed, CommitError>, Batch);

/// An append that was decided on and waits for its group.
struct Decided {
    request: AppendRequest,
    verdict: Result<Appended, AppendError>,
}

impl Decided {
    fn answer(self) {
        self.request.reply(self.verdict);
    }
}

impl AppendRequest {
    /// Answers; a caller that went away is not missed.
    fn reply(self, verdict: Result<Appended, AppendError>) {
        let _gone = self.answer.send(verdict);
    }
}

/// Takes requests until nobody can send any more.
pub(crate) struct Sequencer {
    requests: Receiver<Request>,
    results: Receiver<CommitResult>,
    committer: Committer,
    reader: Arc<Reader>,
    index: Arc<RwLock<Index>>,
    head: watch::Sender<Position>,
    clock: Arc<dyn Clock>,
    /// To be decided on before any new request.
    waiting: VecDeque<Request>,
    /// To be decided on once what is on its way has become durable.
    postponed: VecDeque<Request>,
    /// Taken, to be committed next.
    batch: Batch,
    /// One record, while it is encoded.
    encoded: Vec<u8>,
    /// Decided on, to be answered with `batch`.
    decided: Vec<Decided>,
    /// Decided on, to be answered when the current commit ends.
    in_flight: Option<Vec<Decided>>,
    /// Why nothing is taken any more.
    stopped: Option<String>,
}

/// What the sequencer works with.
pub(crate) struct Parts {
    pub(crate) requests: Receiver<Request>,
    pub(crate) results: Receiver<CommitResult>,
    pub(crate) committer: Committer,
    pub(crate) reader: Arc<Reader>,
    pub(crate) index: Arc<RwLock<Index>>,
    pub(crate) head: watch::Sender<Position>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Sequencer {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            requests: parts.requests,
            results: parts.results,
            committer: parts.committer,
            reader: parts.reader,
            index: parts.index,
            head: parts.head,
            clock: parts.clock,
            waiting: VecDeque::new(),
            postponed: VecDeque::new(),
            batch: Batch::new(),
            encoded: Vec::new(),
            decided: Vec::new(),
            in_flight: None,
            stopped: None,
        }
    }

    /// Runs until nobody can send requests any more and all are answered.
    pub(crate) fn run(mut self) {
        while self.wait() {
            self.gather();
            self.commit();
        }
    }

    /// Waits for a request or for the end of a commit. False when neither can come.
    fn wait(&mut self) -> bool {
        if self.in_flight.is_some() && self.is_full() {
            return self.wait_for_commit();
        }
        select! {
            recv(self.requests) -> request => match request {
                Ok(request) => self.waiting.push_back(request),
                Err(_) => return self.in_flight.is_some() && self.wait_for_commit(),
            },
            recv(self.results) -> result => match result {
                Ok(result) => self.finish(result),
                Err(_) => return false,
            },
        }
        true
    }

    fn wait_for_commit(&mut self) -> bool {
        let result = self.results.recv();
        result.map(|result| self.finish(result)).is_ok()
    }

    fn is_full(&self) -> bool {
        self.batch.bytes() >= GROUP_BYTES
    }

    /// Decides on all that is there, as long as the group has room.
    fn gather(&mut self) {
        while !self.is_full() {
            let next = self.waiting.pop_front();
            let Some(request) = next.or_else(|| self.requests.try_recv().ok()) else {
                return;
            };
            match request {
                Request::Append(request) => self.decide(request),
                Request::Settle(request) => self.settle(request),
            }
        }
    }

    /// Answers as soon as the append is durable, or known never to have been taken.
    fn settle(&mut self, request: SettleRequest) {
        if self.stopped.is_some() {
            // Dropped without an answer: only opening the log again tells.
            return;
        }
        let known = self.reader.index().append(request.append);
        let on_its_way = known.is_some_and(|span| span.last > self.reader.head());
        if on_its_way || self.is_postponed(request.append) {
            self.postponed.push_back(Request::Settle(request));
        } else {
            let _gone = request.settled.send(());
        }
    }

    fn is_postponed(&self, id: AppendId) -> bool {
        let mut postponed = self.postponed.iter();
        postponed.any(|request| matches!(request, Request::Append(it) if it.append.id == id))
    }

    fn decide(&mut self, request: AppendRequest) {
        if let Some(reason) = self.stopped.clone() {
            return request.reply(Err(AppendError::Unavailable { reason }));
        }
        let decision = decide(&self.reader, &request.append);
        let verdict = match decision {
            Decision::Take => Ok(self.take(&request.append)),
            Decision::Answer(verdict) => verdict,
            Decision::Postpone => {
                return self.postponed.push_back(Request::Append(request));
            }
        };
        self.decided.push(Decided { request, verdict });
    }

    /// Gives the append its positions and versions.
    fn take(&mut self, append: &Append) -> Appended {
        let recorded_at = self.clock.now();
        let index = Arc::clone(&self.index);
        let mut index = write(&index);
        let first = index.last().next();
        let count = u16::try_from(append.events().count()).expect("an append is within its limits");
        let mut number = 0;
        let mut versions = Vec::with_capacity(append.writes.len());
        for stream_write in &append.writes {
            let stream = &stream_write.stream;
            let mut version = index.stream_version(stream, index.last());
            for event in &stream_write.events {
                version = version.next();
                let place = Place {
                    append: append.id,
                    stream,
                    version,
                    recorded_at,
                    index: number,
                    count,
                };
                self.encoded.clear();
                record::encode(event, &place, &mut self.encoded);
                self.batch.push(&self.encoded);
                index.add(&Entry {
                    id: event.id,
                    append: append.id,
                    stream,
                    event_type: &event.event_type,
                    tags: &event.tags,
                });
                number += 1;
            }
            versions.push((stream.clone(), version));
        }
        Appended {
            id: append.id,
            first,
            last: index.last(),
            versions,
        }
    }

    /// Hands the group to the committer, if that is idle.
    fn commit(&mut self) {
        if self.in_flight.is_some() {
            return;
        }
        let decided = std::mem::take(&mut self.decided);
        if self.batch.is_empty() {
            // Refusals and repeats, with nothing on its way that they could build on.
            return decided.into_iter().for_each(Decided::answer);
        }
        self.committer.submit(std::mem::take(&mut self.batch));
        self.in_flight = Some(decided);
    }

    fn finish(&mut self, (result, mut spent): CommitResult) {
        let group = self.in_flight.take().unwrap_or_default();
        // Before anything is decided again, which then stands before what was postponed for it.
        for request in self.postponed.drain(..).rev() {
            self.waiting.push_front(request);
        }
        match result {
            Ok(committed) => {
                self.head.send_replace(Position(committed.last));
                group.into_iter().for_each(Decided::answer);
            }
            Err(fault @ CommitError::NotWritten { .. }) => self.undo(group, &fault.to_string()),
            Err(fault) => self.stop(group, fault),
        }
        if self.batch.is_empty() {
            // Its memory goes on being used.
            spent.clear();
            self.batch = spent;
        }
    }

    /// Nothing of a group was written: all that was decided on top of it is decided again.
    fn undo(&mut self, group: Vec<Decided>, reason: &str) {
        tracing::warn!(
            reason,
            appends = group.len(),
            "appends could not be written"
        );
        write(&self.index).truncate(self.reader.head());
        self.batch.clear();
        for decided in self.decided.drain(..).rev() {
            self.waiting.push_front(Request::Append(decided.request));
        }
        for decided in group {
            let reason = reason.to_owned();
            decided
                .request
                .reply(Err(AppendError::Unavailable { reason }));
        }
    }

    /// Nobody knows whether a group was written: nothing is taken until the store is opened anew.
    fn stop(&mut self, group: Vec<Decided>, fault: CommitError) {
        tracing::error!(%fault, "the log failed; the store takes no more appends until reopened");
        let reason = format!("the log failed and must be reopened: {fault}");
        let written = !matches!(fault, CommitError::Stopped { .. });
        let cause: annals_core::Cause = Arc::new(fault);
        for decided in group {
            let append = decided.request.append.id;
            let verdict = match decided.verdict {
                Ok(_) if written => AppendError::Unconfirmed {
                    append,
                    cause: Arc::clone(&cause),
                },
                // What a refusal builds on may not be there when the log is opened again.
                _ => AppendError::Unavailable {
                    reason: reason.clone(),
                },
            };
            decided.request.reply(Err(verdict));
        }
        self.batch.clear();
        for decided in self.decided.drain(..) {
            let reason = reason.clone();
            decided
                .request
                .reply(Err(AppendError::Unavailable { reason }));
        }
        self.stopped = Some(reason);
    }
}

fn write(index: &RwLock<Index>) -> RwLockWriteGuard<'_, Index> {
    // Only this thread writes, and it does not survive a panic.
    index.write().unwrap_or_else(PoisonError::into_inner)
}
