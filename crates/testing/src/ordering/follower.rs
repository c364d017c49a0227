//! Readers that keep a checkpoint and go on from there, as projections do.

use std::sync::Arc;

use annals_core::{Delivery, EventStore, Position, Query, Read, Source};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::ledger::{Entry, Ledger};
use super::trail::Trail;
use crate::conformance::in_time;

/// How a follower reads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manner {
    /// It keeps one subscription.
    Stays,
    /// It subscribes again, after its checkpoint, whenever so many deliveries have come. At least
    /// two: the first may be a mark that comes at once.
    Reconnects(usize),
    /// It reads pages of so many events, each in a read of its own, after its checkpoint.
    Pages(u64),
}

/// What a follower asks for, how, and from where on.
#[derive(Debug, Clone)]
pub(super) struct Following {
    pub(super) manner: Manner,
    pub(super) query: Query,
    pub(super) after: Position,
}

impl Following {
    /// Everything.
    pub(super) fn all(manner: Manner) -> Self {
        Self::of(Query::all(), manner)
    }

    /// What a query selects.
    pub(super) fn of(query: Query, manner: Manner) -> Self {
        let after = Position::START;
        Self {
            manner,
            query,
            after,
        }
    }

    /// The same, begun after a position.
    pub(super) fn begun_after(self, after: Position) -> Self {
        Self { after, ..self }
    }
}

/// Followers at work.
#[derive(Default)]
pub(super) struct Followers(Vec<Follower>);

impl Followers {
    pub(super) fn begin(&mut self, store: &Arc<dyn EventStore>, ledger: &Ledger, how: Following) {
        self.0.push(Follower::begin(store, ledger, how));
    }

    pub(super) fn join(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Waits until every checkpoint is at a position or behind it.
    pub(super) async fn pass(&mut self, position: Position) {
        for follower in &mut self.0 {
            follower.pass(position).await;
        }
    }

    /// Ends all of them.
    pub(super) fn end(self) -> Vec<Trail> {
        self.0.iter().map(Follower::trail).collect()
    }
}

struct Follower {
    so_far: watch::Receiver<Trail>,
    task: JoinHandle<()>,
}

impl Follower {
    fn begin(store: &Arc<dyn EventStore>, ledger: &Ledger, how: Following) -> Self {
        let manner = how.manner;
        let trail = watch::Sender::new(Trail {
            follower: format!("{manner:?} after {}", how.after),
            query: how.query,
            after: how.after,
            seen: Vec::new(),
            checkpoints: Vec::new(),
        });
        let so_far = trail.subscribe();
        let reader = Reader {
            store: Arc::clone(store),
            news: ledger.watch(),
            trail,
        };
        let task = tokio::spawn(reader.follow(manner));
        Self { so_far, task }
    }

    async fn pass(&mut self, position: Position) {
        let follower = self.so_far.borrow().follower.clone();
        let what = format!("position {position} before the follower that {follower}");
        let passed = self.so_far.wait_for(|trail| trail.checkpoint() >= position);
        if in_time(&what, passed).await.is_err() {
            let failure = (&mut self.task)
                .await
                .expect_err("a follower ends only by a failure");
            std::panic::resume_unwind(failure.into_panic());
        }
    }

    fn trail(&self) -> Trail {
        self.so_far.borrow().clone()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The work of a follower.
struct Reader {
    store: Arc<dyn EventStore>,
    news: watch::Receiver<Vec<Entry>>,
    trail: watch::Sender<Trail>,
}

impl Reader {
    async fn follow(mut self, manner: Manner) {
        loop {
            match manner {
                Manner::Stays => self.subscribe(usize::MAX).await,
                Manner::Reconnects(deliveries) => self.subscribe(deliveries).await,
                Manner::Pages(events) => self.read_page(events).await,
            }
        }
    }

    /// One subscription, for so many deliveries.
    async fn subscribe(&self, deliveries: usize) {
        let subscription = self.store.subscribe(self.rest()).await;
        let mut subscription = subscription.expect("a store under trial takes subscriptions");
        for _ in 0..deliveries {
            let delivery: Delivery = match subscription.next().await {
                Ok(delivery) => delivery,
                Err(error) => panic!("a subscription ended: {error}"),
            };
            self.trail.send_modify(|trail| trail.note(delivery));
        }
    }

    /// One page; when it was the last for now, waits for an acknowledgement.
    async fn read_page(&mut self, events: u64) {
        self.news.mark_unchanged();
        let page = self
            .store
            .read(Read::forwards(self.rest()).limit(events))
            .await;
        let page = page.expect("a store under trial can be read");
        let head = page.head();
        let page = page.collect().await.expect("a page can be read");
        let is_last = (page.len() as u64) < events;
        self.trail.send_modify(|trail| {
            page.into_iter().for_each(|event| trail.saw(event));
            if is_last {
                trail.caught_up(head);
            }
        });
        if is_last {
            let news = self.news.changed().await;
            news.expect("a trial outlives its followers");
        }
    }

    fn rest(&self) -> Source {
        let trail = self.trail.borrow();
        Source::query_after(trail.query.clone(), trail.checkpoint())
    }
}
