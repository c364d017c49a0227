//! Loading: an aggregate's state from its stream, as it is or as it was.

use annals_core::{
    Aggregate, DecodeError, EventId, EventStream, Position, Read, Recorded, RecordedEvent, Source,
    StreamId, StreamVersion, Timestamp, decode, events_of,
};

use crate::error::LoadError;
use crate::repository::Repository;

mod disclosing;

/// Beyond any event there is: loads all of them.
pub(crate) const LATEST: StreamVersion = StreamVersion(u64::MAX);

/// An aggregate, folded from its events.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded<A> {
    /// The state; the default one if there are no events.
    pub state: A,
    /// The version of the last event in it: [`StreamVersion::NONE`] if there are none.
    pub version: StreamVersion,
    /// How many events were folded; a snapshot saves the others.
    pub replayed: u64,
    /// The last event in it.
    pub last: Option<RecordedEvent>,
    /// The last position of the whole store when it was read: nothing up to here is missing.
    pub position: Position,
}

/// A state to begin with, of a snapshot or remembered. Whether it belongs to the stream is for the
/// loader to verify.
pub(crate) struct Shortcut<A> {
    pub(crate) state: A,
    pub(crate) version: StreamVersion,
    pub(crate) last_event: EventId,
    /// How many events were folded since the last snapshot.
    pub(crate) replayed: u64,
}

/// A moment in the life of an aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Right after the event of this version; after the last one if there are fewer.
    Version(StreamVersion),
    /// With all that had happened by then, inclusive: see [`RecordedEvent::happened_at`].
    Time(Timestamp),
}

impl<A: Aggregate> Repository<A> {
    /// The aggregate `id` as it is now.
    ///
    /// # Errors
    /// [`LoadError`] when its events cannot be had or are not known to this code.
    pub async fn load(&self, id: &str) -> Result<Loaded<A>, LoadError> {
        self.load_stream(&A::stream(id)?, LATEST).await
    }

    /// The aggregate `id` as it was.
    ///
    /// Events are folded in the order of their versions, also where their business times are in
    /// another order. Snapshots are of no use for a time, since it may leave out earlier events.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn load_as_of(&self, id: &str, moment: Moment) -> Result<Loaded<A>, LoadError> {
        let stream = A::stream(id)?;
        match moment {
            Moment::Version(version) => self.load_stream(&stream, version).await,
            Moment::Time(time) => {
                let events = self
                    .read_between(&stream, StreamVersion::NONE, LATEST)
                    .await?;
                let had_happened = |event: &RecordedEvent| event.happened_at() <= time;
                fold(Loaded::default(), events, had_happened).await
            }
        }
    }

    /// What happened to the aggregate `id` after a version, oldest first, at most `limit` events.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn history(
        &self,
        id: &str,
        after: StreamVersion,
        limit: u64,
    ) -> Result<Vec<Recorded<A::Event>>, LoadError> {
        let source = Source::stream_after(A::stream(id)?, after);
        let mut events = self.store.read(Read::forwards(source).limit(limit)).await?;
        let mut history = Vec::new();
        while let Some(record) = events.try_next().await? {
            history.extend(decode(record)?);
        }
        Ok(history)
    }

    /// The state after the event `up_to`, or after the last one, by the shortest way.
    pub(crate) async fn load_stream(
        &self,
        stream: &StreamId,
        up_to: StreamVersion,
    ) -> Result<Loaded<A>, LoadError> {
        if let Some(loaded) = self.load_from_snapshot(stream, up_to).await? {
            return Ok(loaded);
        }
        let events = self
            .read_between(stream, StreamVersion::NONE, up_to)
            .await?;
        fold(Loaded::default(), events, |_| true).await
    }

    /// `None`: there is no snapshot, or none that fits.
    async fn load_from_snapshot(
        &self,
        stream: &StreamId,
        up_to: StreamVersion,
    ) -> Result<Option<Loaded<A>>, LoadError> {
        let Some(snapshots) = &self.snapshots else {
            return Ok(None);
        };
        let Some(mut kept) = snapshots.newest(stream, up_to).await else {
            return Ok(None);
        };
        if let Err(error) = self.disclose(&mut kept).await {
            tracing::warn!(%stream, %error, "snapshot not opened");
            return Ok(None);
        }
        match snapshots.read(stream, &kept) {
            Some(shortcut) => self.load_from(shortcut, stream, up_to).await,
            None => Ok(None),
        }
    }

    /// The latest state, beginning with a remembered one.
    pub(crate) async fn catch_up(
        &self,
        remembered: Shortcut<A>,
        stream: &StreamId,
    ) -> Result<Loaded<A>, LoadError> {
        match self.load_from(remembered, stream, LATEST).await? {
            Some(loaded) => Ok(loaded),
            None => self.load_stream(stream, LATEST).await,
        }
    }

    /// `None`: the shortcut is of another history.
    async fn load_from(
        &self,
        shortcut: Shortcut<A>,
        stream: &StreamId,
        up_to: StreamVersion,
    ) -> Result<Option<Loaded<A>>, LoadError> {
        // Begins one event early: the shortcut is of this history only if it holds that event.
        let before = StreamVersion(shortcut.version.0.saturating_sub(1));
        let mut events = self.read_between(stream, before, up_to).await?;
        let last = events.try_next().await?;
        let Some(last) = last.filter(|last| last.id == shortcut.last_event) else {
            tracing::warn!(%stream, version = %shortcut.version, "state of another history");
            return Ok(None);
        };
        let begun = Loaded {
            state: shortcut.state,
            version: last.version,
            replayed: shortcut.replayed,
            last: Some(last),
            ..Loaded::default()
        };
        fold(begun, events, |_| true).await.map(Some)
    }

    async fn read_between(
        &self,
        stream: &StreamId,
        after: StreamVersion,
        up_to: StreamVersion,
    ) -> Result<EventStream, LoadError> {
        let source = Source::stream_after(stream.clone(), after);
        let read = Read::forwards(source).limit(up_to.0.saturating_sub(after.0));
        Ok(self.store.read(read).await?)
    }
}

async fn fold<A: Aggregate>(
    mut loaded: Loaded<A>,
    mut events: EventStream,
    is_wanted: impl Fn(&RecordedEvent) -> bool,
) -> Result<Loaded<A>, LoadError> {
    loaded.position = events.head();
    while let Some(record) = events.try_next().await? {
        if is_wanted(&record) {
            loaded.take_in(record)?;
        }
    }
    Ok(loaded)
}

impl<A: Aggregate> Loaded<A> {
    fn take_in(&mut self, record: RecordedEvent) -> Result<(), DecodeError> {
        for event in events_of(&record)? {
            self.state.evolve(&event);
        }
        self.version = record.version;
        self.replayed += 1;
        self.last = Some(record);
        Ok(())
    }
}

impl<A: Aggregate> Default for Loaded<A> {
    fn default() -> Self {
        Self {
            state: A::default(),
            version: StreamVersion::NONE,
            replayed: 0,
            last: None,
            position: Position::START,
        }
    }
}
