//! The store: opening it, and its side of the contract.

use std::path::Path;
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;

use annals_core::{
    Append, AppendError, AppendId, Appended, Bytes, Corruption, EventStore, EventStream, Position,
    Read, ReadError, Source, StoreId, StreamId, StreamVersion, Subscription,
};
use annals_log::{Committer, Disk, FileDisk, Log, LogOptions, MemoryDisk};
use async_trait::async_trait;
use crossbeam_channel::Sender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use uuid::Uuid;

use crate::decide;
use crate::error::OpenError;
use crate::index::{Entry, Index, Span};
use crate::options::EmbeddedOptions;
use crate::read::{self, Reader};
use crate::record;
use crate::sequencer::{AppendRequest, Parts, Request, Sequencer, SettleRequest};
use crate::subscribe;

/// An event store in one directory, or in memory, inside this process.
///
/// Dropping it finishes the appends that were accepted, then closes the log.
pub struct EmbeddedStore {
    reader: Arc<Reader>,
    places: Arc<Semaphore>,
    /// `None` only while it is being dropped.
    requests: Option<Sender<Request>>,
    sequencer: Option<JoinHandle<()>>,
}

impl EmbeddedStore {
    /// Opens the store in a directory, or creates it there.
    ///
    /// # Errors
    /// [`OpenError`] when the directory is in use by another process, cannot be read or written,
    /// or holds damaged data.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(directory, EmbeddedOptions::default())
    }

    /// Opens the store in a directory with options of one's own.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(
        directory: impl AsRef<Path>,
        options: EmbeddedOptions,
    ) -> Result<Self, OpenError> {
        let disk = FileDisk::open(directory.as_ref()).map_err(annals_log::OpenError::from)?;
        Self::open_on(disk, options)
    }

    /// A new store in memory: the same engine on an in-memory disk.
    ///
    /// # Errors
    /// [`OpenError::Thread`] when the process has no thread left for it.
    pub fn in_memory() -> Result<Self, OpenError> {
        Self::open_on(MemoryDisk::new(), EmbeddedOptions::in_memory())
    }

    /// Opens the store on any disk.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_on(disk: impl Disk + 'static, options: EmbeddedOptions) -> Result<Self, OpenError> {
        let least = EmbeddedOptions::LEAST_SEGMENT_BYTES;
        if options.segment_bytes < least {
            let given = options.segment_bytes;
            return Err(OpenError::SegmentTooSmall { given, least });
        }
        let mut index = Index::default();
        let mut unreadable: Option<Corruption> = None;
        let log = Log::open(
            Arc::new(disk),
            &LogOptions {
                segment_bytes: options.segment_bytes,
                ..LogOptions::new(options.ids.next().into_bytes())
            },
            &mut |position, bytes| {
                let indexed = index_record(&mut index, Position(position), bytes);
                unreadable = unreadable.take().or(indexed.err());
            },
        )?;
        if let Some(corruption) = unreadable {
            return Err(corruption.into());
        }
        tracing::info!(recovery = ?log.recovery(), events = index.last().0, "event store opened");
        Self::start(log, index, options)
    }

    fn start(log: Log, index: Index, options: EmbeddedOptions) -> Result<Self, OpenError> {
        let (head, followed_head) = watch::channel(index.last());
        let index = Arc::new(RwLock::new(index));
        let reader = Arc::new(Reader {
            store: StoreId(Uuid::from_bytes(log.store_id())),
            index: Arc::clone(&index),
            log: log.reader(),
            head: followed_head,
        });
        // The semaphore bounds the queue: whoever sends holds a place in it.
        let (requests, incoming) = crossbeam_channel::unbounded();
        let (finished, results) = crossbeam_channel::unbounded();
        let committer = Committer::start(log, move |result, batch| {
            let _gone = finished.send((result, batch));
        });
        let sequencer = Sequencer::new(Parts {
            requests: incoming,
            results,
            committer: committer.map_err(OpenError::Thread)?,
            reader: Arc::clone(&reader),
            index,
            head,
            clock: options.clock,
        });
        let sequencer = std::thread::Builder::new()
            .name("annals-sequencer".to_owned())
            .spawn(move || sequencer.run())
            .map_err(OpenError::Thread)?;
        Ok(Self {
            reader,
            places: Arc::new(Semaphore::new(options.waiting_appends.get())),
            requests: Some(requests),
            sequencer: Some(sequencer),
        })
    }

    fn durable_span(&self, id: AppendId) -> Option<Span> {
        let span = self.reader.index().append(id);
        span.filter(|span| span.last <= self.reader.head())
    }

    /// Waits until it is settled whether an append committed that may be on its way.
    async fn settle(&self, append: AppendId) -> Result<(), ReadError> {
        let (settled, answer) = oneshot::channel();
        let request = SettleRequest {
            append,
            settled,
            _place: self.place().await,
        };
        // A request that cannot be sent is dropped, and so never answered.
        let _unsent = self.requests().send(Request::Settle(request));
        answer.await.map_err(|_| ReadError::Unavailable {
            reason: format!("whether append {append} committed shows when the store is reopened"),
        })
    }

    async fn place(&self) -> OwnedSemaphorePermit {
        let place = Arc::clone(&self.places).acquire_owned().await;
        place.expect("the semaphore is never closed")
    }

    fn requests(&self) -> &Sender<Request> {
        self.requests.as_ref().expect("present until the drop")
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        // Without a sender the sequencer finishes what it holds and ends.
        self.requests = None;
        if let Some(sequencer) = self.sequencer.take()
            && sequencer.join().is_err()
        {
            tracing::error!("the sequencer had panicked");
        }
    }
}

#[async_trait]
impl EventStore for EmbeddedStore {
    fn id(&self) -> StoreId {
        self.reader.store
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        append.validate()?;
        let id = append.id;
        let (answer, answered) = oneshot::channel();
        let request = AppendRequest {
            append,
            answer,
            _place: self.place().await,
        };
        self.requests()
            .send(Request::Append(request))
            .map_err(|_| AppendError::Unavailable {
                reason: "the store has stopped and must be reopened".to_owned(),
            })?;
        answered.await.unwrap_or_else(|lost| {
            Err(AppendError::Unconfirmed {
                append: id,
                cause: Arc::new(lost),
            })
        })
    }

    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        if self.durable_span(id).is_none() {
            self.settle(id).await?;
        }
        let Some(span) = self.durable_span(id) else {
            return Ok(None);
        };
        let reader = Arc::clone(&self.reader);
        let recorded = tokio::task::spawn_blocking(move || decide::recorded(&reader, span));
        let recorded = recorded.await.map_err(|fault| ReadError::Unavailable {
            reason: format!("reading was interrupted: {fault}"),
        })??;
        Ok(Some(decide::outcome(&recorded)))
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        read::read(Arc::clone(&self.reader), read)
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        subscribe::subscribe(Arc::clone(&self.reader), source)
    }

    async fn head(&self) -> Result<Position, ReadError> {
        Ok(self.reader.head())
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        let head = self.reader.head();
        Ok(self.reader.index().stream_version(stream, head))
    }
}

impl std::fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedStore")
            .field("id", &self.reader.store)
            .field("head", &self.reader.head())
            .finish_non_exhaustive()
    }
}

fn index_record(index: &mut Index, position: Position, bytes: &[u8]) -> Result<(), Corruption> {
    let record = record::decode(position, &Bytes::copy_from_slice(bytes));
    let event = record.map_err(|fault| Corruption {
        position,
        reason: fault.to_string(),
    })?;
    let event = event.event;
    index.add(&Entry {
        id: event.id,
        append: event.append,
        stream: &event.stream,
        event_type: &event.event_type,
        tags: &event.tags,
    });
    Ok(())
}
