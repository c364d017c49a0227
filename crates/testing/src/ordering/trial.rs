//! The store under trial: what is asked of it, what it answers, and who follows it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use annals_core::{
    Append, AppendError, Appended, EventStore, Position, Query, Read, RecordedEvent, Source,
};

use super::follower::{Followers, Following, Manner};
use super::ledger::{Entry, Ledger};
use super::{Adversary, Held, Line, Skip, judge};
use crate::conformance::sample;
use crate::conformance::{in_parallel, in_time};

/// Between two attempts of an append.
const BACKOFF: Duration = Duration::from_millis(20);

/// The store under trial. Clones are the same trial.
#[derive(Clone)]
pub(super) struct Trial {
    adversary: Arc<dyn Adversary>,
    /// As it was opened.
    opened: Arc<dyn EventStore>,
    /// The way to it that this clone takes.
    store: Arc<dyn EventStore>,
    ledger: Arc<Ledger>,
    numbers: Arc<AtomicUsize>,
}

impl Trial {
    pub(super) async fn open(adversary: Arc<dyn Adversary>) -> Self {
        let opened = in_time("opening a store", adversary.open()).await;
        Self {
            store: Arc::clone(&opened),
            adversary,
            opened,
            ledger: Arc::new(Ledger::of(Vec::new())),
            numbers: Arc::default(),
        }
    }

    /// The same trial over another way to the store.
    pub(super) fn through(&self, store: Arc<dyn EventStore>) -> Self {
        assert_eq!(
            store.id(),
            self.opened.id(),
            "another way to the same store"
        );
        Self {
            store,
            ..self.clone()
        }
    }

    pub(super) async fn second_handle(&self) -> Result<Self, Skip> {
        let handle = self.adversary.second_handle(&*self.opened);
        Ok(self.through(in_time("a second handle", handle).await?))
    }

    pub(super) async fn pooled(&self) -> Result<Self, Skip> {
        let pooled = self.adversary.pooled(&*self.opened);
        Ok(self.through(in_time("a handle through a pooler", pooled).await?))
    }

    pub(super) async fn cuttable(&self) -> Result<(Self, Box<dyn Line>), Skip> {
        let line = self.adversary.cuttable(&*self.opened);
        let line = in_time("a line", line).await?;
        Ok((self.through(line.store()), line))
    }

    /// What a dump of the store is restored to: a trial of its own, which knows what was
    /// acknowledged when the dump began.
    pub(super) async fn dump_and_restore(&self) -> Result<Self, Skip> {
        let ledger = Ledger::of(self.ledger.entries());
        let restored = self.adversary.dump_and_restore(&*self.opened);
        let restored = in_time("a restored store", restored).await?;
        assert_eq!(
            restored.id(),
            self.opened.id(),
            "a restored store keeps its id"
        );
        Ok(Self {
            adversary: Arc::clone(&self.adversary),
            opened: Arc::clone(&restored),
            store: restored,
            ledger: Arc::new(ledger),
            numbers: Arc::clone(&self.numbers),
        })
    }

    /// An append of so many new events that expects nothing.
    pub(super) fn new_append(&self, stream: &str, events: usize) -> Append {
        let first = self.numbers.fetch_add(events, Ordering::Relaxed);
        sample::append(stream, sample::events(first..first + events))
    }

    /// Records so many new events; must be acknowledged.
    pub(super) async fn record(&self, stream: &str, events: usize) -> Appended {
        self.append(self.new_append(stream, events)).await
    }

    /// Appends; must be acknowledged.
    pub(super) async fn append(&self, append: Append) -> Appended {
        match self.try_append(append).await {
            Ok(appended) => appended,
            Err(refusal) => panic!("an append was refused: {refusal}"),
        }
    }

    /// Appends, and may be refused.
    pub(super) async fn try_append(&self, append: Append) -> Result<Appended, AppendError> {
        let appended = in_time("an append", self.store.append(append.clone())).await?;
        self.ledger.note(append, appended.clone());
        Ok(appended)
    }

    /// Appends the same until it is acknowledged, as a caller does whose line is cut.
    pub(super) async fn insist(&self, append: Append) -> Appended {
        let acknowledged = async {
            loop {
                match self.store.append(append.clone()).await {
                    Ok(appended) => return appended,
                    Err(AppendError::Unconfirmed { .. } | AppendError::Unavailable { .. }) => {}
                    Err(refusal) => panic!("a repeated append was refused: {refusal}"),
                }
                back_off().await;
            }
        };
        let appended = in_time("the acknowledgement of a repeated append", acknowledged).await;
        self.ledger.note(append, appended.clone());
        appended
    }

    /// An append that is held open before its commit.
    pub(super) async fn hold_open(&self, append: Append) -> Result<HeldAppend, Skip> {
        let held = self.adversary.hold_open(&*self.opened, append.clone());
        Ok(HeldAppend {
            held: in_time("a held transaction", held).await?,
            append,
            ledger: Arc::clone(&self.ledger),
        })
    }

    /// Lets so many writers record one event after the other, so many each.
    pub(super) async fn write(&self, writers: usize, events: usize) {
        let writers = (0..writers).map(|writer| {
            let trial = self.clone();
            async move {
                for _ in 0..events {
                    trial.record(&format!("Writer-{writer}"), 1).await;
                }
            }
        });
        in_parallel(writers).await;
    }

    /// Begins a follower.
    pub(super) fn follow(&self, how: Following) -> Followers {
        let mut followers = Followers::default();
        followers.begin(&self.store, &self.ledger, how);
        followers
    }

    /// Begins a follower of each manner, of everything and of the events of one category.
    pub(super) fn follow_in_every_manner(&self, category: &str) -> Followers {
        let mut followers = Followers::default();
        for manner in [Manner::Stays, Manner::Reconnects(3), Manner::Pages(20)] {
            let category = Query::category(category);
            followers.join(self.follow(Following::all(manner)));
            followers.join(self.follow(Following::of(category, manner)));
        }
        followers
    }

    pub(super) async fn head(&self) -> Position {
        let head = in_time("the head", self.store.head()).await;
        head.expect("a store under trial tells its head")
    }

    /// Every event of the store.
    pub(super) async fn log(&self) -> Vec<RecordedEvent> {
        self.rest(Position::START).await
    }

    /// Every event of the store after a position.
    pub(super) async fn rest(&self, after: Position) -> Vec<RecordedEvent> {
        let read = async {
            let read = self.store.read(Read::forwards(Source::all_after(after)));
            read.await?.collect().await
        };
        let events = in_time("the events of a read", read).await;
        events.expect("a store under trial can be read")
    }

    /// What was acknowledged.
    pub(super) fn acknowledged(&self) -> Vec<Entry> {
        self.ledger.entries()
    }

    /// Compares the log, what was acknowledged, and what the followers saw.
    pub(super) async fn judge(&self, mut followers: Followers) {
        // One more event to wait for: what comes late or twice comes before it.
        let last = self.record("Closing-1", 1).await;
        followers.pass(last.last).await;
        let log = self.log().await;
        for trail in followers.end() {
            judge::trail(&trail, &log);
        }
        judge::log(&log, &self.acknowledged());
    }
}

/// An append that is held open before its commit.
pub(super) struct HeldAppend {
    held: Box<dyn Held>,
    append: Append,
    ledger: Arc<Ledger>,
}

impl HeldAppend {
    pub(super) async fn commit(self) -> Appended {
        let appended = in_time("the commit of a held append", self.held.commit()).await;
        let appended = appended.expect("a held append can be committed");
        self.ledger.note(self.append, appended.clone());
        appended
    }

    pub(super) async fn roll_back(self) {
        in_time("a roll-back", self.held.roll_back()).await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a backoff: a line that was cut takes a moment to come back"
)]
async fn back_off() {
    tokio::time::sleep(BACKOFF).await;
}
