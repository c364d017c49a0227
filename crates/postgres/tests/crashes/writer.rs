//! A writer, and its journal of what each append was told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use annals_core::{
    Append, AppendError, Appended, EventId, EventStore, EventType, NewEvent, StreamId,
    StreamVersion, StreamWrite,
};
use tokio::sync::watch;
use uuid::Uuid;

use crate::random::Random;

/// Few and short ones commit together; some are longer than a page of the database.
const MOST_EVENTS: usize = 8;
const MOST_BYTES: usize = 3_000;

/// Appends to two streams of its own, each append once the last is settled.
pub(crate) struct Writer {
    random: Random,
    streams: [(StreamId, StreamVersion); 2],
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
            if self.is_settled() {
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
            Err(error) => panic!("no such refusal was asked for: {error}"),
        }
    }

    fn is_settled(&self) -> bool {
        let latest = self.journal.last();
        latest.is_none_or(|entry| matches!(entry.told, Told::Recorded(_)))
    }

    fn take_note(&mut self, appended: Appended) {
        for (stream, version) in &appended.versions {
            let own = self.streams.iter_mut().find(|(own, _)| own == stream);
            own.unwrap().1 = *version;
        }
        self.latest().told = Told::Recorded(appended);
    }

    fn latest(&mut self) -> &mut Entry {
        self.journal
            .last_mut()
            .expect("there is an append on its way")
    }

    fn new_append(&mut self) -> Append {
        let streams = 1 + self.random.below(self.streams.len());
        let write = |(stream, version): (StreamId, StreamVersion)| StreamWrite {
            stream,
            expected: version.into(),
            events: (0..=self.random.below(MOST_EVENTS))
                .map(|_| new_event(&mut self.random))
                .collect(),
        };
        Append::to_streams(self.streams[..streams].iter().cloned().map(write).collect())
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
