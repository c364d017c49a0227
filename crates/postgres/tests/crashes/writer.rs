//! A writer, and its journal of what each append was told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use annals_core::{
    Append, AppendError, Appended, EventId, EventStore, EventType, ExpectedVersion, NewEvent,
    Position, Query, QueryItem, StreamId, StreamVersion, StreamWrite, Tag,
};
use tokio::sync::watch;
use uuid::Uuid;

use crate::random::Random;

/// Few and short ones commit together; some are longer than a page of the database.
const MOST_EVENTS: usize = 8;
const MOST_BYTES: usize = 3_000;

/// A stream that all write to, whatever is in it.
const SHARED: &str = "Load-shared";

/// A stream that all race for: of those who expect the same version, one wins.
const RACED: &str = "Load-raced";

/// A tag that all race for: of those who have seen the same events, one wins.
const CLAIM: &str = "claim:all";

/// Appends to two streams of its own and to what it shares with others, each append once the last
/// is settled.
pub(crate) struct Writer {
    random: Random,
    streams: [(StreamId, StreamVersion); 2],
    /// How far the raced stream is known to have come.
    raced: StreamVersion,
    /// Up to where the claims of others are known.
    seen: Position,
    journal: Vec<Entry>,
}

/// An append, and what its writer knows of it.
pub(crate) struct Entry {
    pub(crate) append: Append,
    pub(crate) told: Told,
}

/// What the store said last.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Told {
    /// It is recorded here.
    Recorded(Appended),
    /// It may be recorded.
    Unconfirmed,
    /// It is not recorded, or was not yet asked for.
    Unavailable,
    /// It is not recorded, since another writer was first.
    Refused,
}

/// What the writers of one round share.
#[derive(Default)]
pub(crate) struct Round {
    pub(crate) recorded: watch::Sender<usize>,
    pub(crate) is_over: AtomicBool,
}

impl Writer {
    /// A writer with streams of its own.
    pub(crate) fn new(number: usize, random: Random) -> Self {
        let stream = |half| {
            (
                format!("Load-{number}-{half}").parse().unwrap(),
                StreamVersion::NONE,
            )
        };
        Self {
            random,
            streams: ["left", "right"].map(stream),
            raced: StreamVersion::NONE,
            seen: Position::START,
            journal: Vec::new(),
        }
    }

    /// What it asked for so far, and what it was told.
    pub(crate) fn journal(&self) -> &[Entry] {
        &self.journal
    }

    /// Appends until the round is over.
    pub(crate) async fn run(mut self, store: Arc<dyn EventStore>, round: Arc<Round>) -> Self {
        while !round.is_over.load(Ordering::SeqCst) {
            self.ask(&*store).await;
            if matches!(self.latest().told, Told::Recorded(_)) {
                round.recorded.send_modify(|recorded| *recorded += 1);
            }
        }
        self
    }

    /// Repeats what is not settled until it is.
    pub(crate) async fn settle(&mut self, store: &dyn EventStore) {
        while !self.is_settled() {
            self.ask(store).await;
        }
    }

    /// Asks for the append that is not settled, or else for a new one.
    async fn ask(&mut self, store: &dyn EventStore) {
        if self.is_settled() {
            let (append, told) = (self.new_append(), Told::Unavailable);
            self.journal.push(Entry { append, told });
        }
        let append = self.latest().append.clone();
        match store.append(append).await {
            Ok(appended) => self.take_note(appended),
            Err(AppendError::Unconfirmed { .. }) => self.latest().told = Told::Unconfirmed,
            // What is said of this attempt says nothing of the ones before it.
            Err(AppendError::Unavailable { .. }) => tokio::task::yield_now().await,
            Err(AppendError::Conflict { stream, actual, .. }) if stream.as_str() == RACED => {
                self.raced = actual;
                self.latest().told = Told::Refused;
            }
            Err(AppendError::ConditionFailed { position }) => {
                self.seen = position.max(self.seen);
                self.latest().told = Told::Refused;
            }
            Err(error) => panic!("no such refusal was asked for: {error}"),
        }
    }

    fn is_settled(&self) -> bool {
        let latest = self.journal.last();
        latest.is_none_or(|entry| matches!(entry.told, Told::Recorded(_) | Told::Refused))
    }

    fn take_note(&mut self, appended: Appended) {
        for (stream, version) in &appended.versions {
            let own = self.streams.iter_mut().find(|(own, _)| own == stream);
            match own {
                Some((_, own)) => *own = *version,
                None if stream.as_str() == RACED => self.raced = *version,
                None => {}
            }
        }
        self.seen = appended.last;
        self.latest().told = Told::Recorded(appended);
    }

    fn latest(&mut self) -> &mut Entry {
        self.journal
            .last_mut()
            .expect("there is an append on its way")
    }

    fn new_append(&mut self) -> Append {
        match self.random.below(6) {
            0 => Append::to_streams(vec![self.write(SHARED, ExpectedVersion::Any)]),
            1 => Append::to_streams(vec![self.write(RACED, self.raced.into())]),
            2 => self.new_claim(),
            _ => self.new_append_to_own(),
        }
    }

    /// Claims what all race for, unless another did since the last that was seen.
    fn new_claim(&mut self) -> Append {
        let claim = Tag::new(CLAIM).unwrap();
        let mut write = self.write(SHARED, ExpectedVersion::Any);
        write.events[0].tags.push(claim.clone());
        let claims = Query::any_of([QueryItem::default().tags([claim])]);
        Append::to_streams(vec![write]).unless(claims, self.seen)
    }

    fn new_append_to_own(&mut self) -> Append {
        let streams = 1 + self.random.below(self.streams.len());
        let own = self.streams[..streams].to_vec();
        let writes = own
            .iter()
            .map(|(stream, version)| self.write(stream.as_str(), (*version).into()));
        Append::to_streams(writes.collect())
    }

    fn write(&mut self, stream: &str, expected: ExpectedVersion) -> StreamWrite {
        let events = 1 + self.random.below(MOST_EVENTS);
        StreamWrite {
            stream: stream.parse().unwrap(),
            expected,
            events: (0..events).map(|_| new_event(&mut self.random)).collect(),
        }
    }
}

fn new_event(random: &mut Random) -> NewEvent {
    let id = EventId(Uuid::from_u128(random.wide()));
    let text = "x".repeat(random.below(MOST_BYTES));
    NewEvent::json(
        id,
        EventType::new("LoadAdded").unwrap(),
        format!("\"{text}\""),
    )
}
