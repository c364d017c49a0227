use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use annals_core::{
    Append, EventId, EventStore as _, EventType, ExpectedVersion, IdSource as _, NewEvent,
    Projector, Query, RandomIds, StoreId, StreamId,
};
use async_trait::async_trait;
use futures_util::future::join_all;

use super::*;
use crate::head::Head;
use crate::kinds::Kinds;
use crate::place::Place;
use crate::postgres::{Postgres, Transaction};
use crate::read::Reader;
use crate::store::PostgresStore;

/// A projection of all events, of which it takes in so many at once at most.
struct Slow {
    at_once: usize,
    position: AtomicU64,
    batches: AtomicUsize,
    looks: AtomicUsize,
    at_it: AtomicUsize,
}

impl Slow {
    fn at_once(at_once: usize) -> Self {
        Self {
            at_once,
            position: AtomicU64::default(),
            batches: AtomicUsize::default(),
            looks: AtomicUsize::default(),
            at_it: AtomicUsize::default(),
        }
    }
}

#[async_trait]
impl Projector for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }

    fn query(&self) -> Query {
        Query::all()
    }

    async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.position(store).await
    }

    async fn position(&self, _: StoreId) -> Result<Position, ProjectionError> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        Ok(Position(self.position.load(Ordering::SeqCst)))
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        assert_eq!(
            self.at_it.fetch_add(1, Ordering::SeqCst),
            0,
            "one at a time"
        );
        tokio::task::yield_now().await;
        self.at_it.fetch_sub(1, Ordering::SeqCst);
        if batch.events.len() > self.at_once {
            let cause = std::io::Error::other("canceling statement due to statement timeout");
            return Err(ProjectionError::Unavailable(Arc::new(cause)));
        }
        self.batches.fetch_add(1, Ordering::SeqCst);
        self.position.store(batch.up_to.0, Ordering::SeqCst);
        Ok(())
    }
}

#[async_trait]
impl InlineProjector for Slow {
    async fn share(&self, _: StoreId) -> Result<(), ProjectionError> {
        Ok(())
    }

    async fn project(
        &self,
        _: &Transaction<'_>,
        batch: &ProjectionBatch,
    ) -> Result<(), ProjectionError> {
        self.apply(batch.clone()).await
    }
}

/// The inline projections of a store with so many events: none yet.
async fn store_of(events: usize) -> InlineProjections {
    let url = Place::on(annals_servers::postgres_url()).url();
    let postgres = Postgres::connect(&url).await.unwrap();
    let store = PostgresStore::open(&postgres).await.unwrap();
    let seen = || {
        let id = EventId(RandomIds.next());
        NewEvent::json(id, EventType::new("BirdSeen").unwrap(), "1")
    };
    let events = std::iter::repeat_with(seen).take(events).collect();
    let stream = StreamId::new("Bird", "wren").unwrap();
    let append = Append::to(stream, ExpectedVersion::Any, events);
    store.append(append).await.unwrap();
    let reader = Arc::new(Reader {
        kinds: Kinds::default(),
        head: Head::new(),
        postgres,
    });
    InlineProjections::open(store.id(), &reader, Vec::new())
        .await
        .unwrap()
}

#[tokio::test]
async fn what_a_batch_has_no_time_for_is_taken_in_by_smaller_ones() {
    let inline = store_of(50).await;
    let slow = Slow::at_once(3);
    inline.catch_up(&slow).await.unwrap();
    assert_eq!(slow.position.load(Ordering::SeqCst), 50);
    let batches = slow.batches.load(Ordering::SeqCst);
    assert!((17..=50).contains(&batches), "{batches}");
}

#[tokio::test]
async fn an_event_that_is_not_taken_in_alone_ends_it() {
    let inline = store_of(5).await;
    let refused = inline.catch_up(&Slow::at_once(0)).await;
    assert!(
        matches!(refused, Err(ProjectionError::Unavailable(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn of_many_that_find_a_projection_behind_one_brings_it_up_to_date() {
    let inline = store_of(20).await;
    let slow = Slow::at_once(5);
    join_all((0..8).map(|_| inline.catch_up_aside(&slow))).await;
    assert_eq!(slow.position.load(Ordering::SeqCst), 20);
    let looks = slow.looks.load(Ordering::SeqCst);
    join_all((0..8).map(|_| inline.catch_up(&slow))).await;
    assert_eq!(slow.looks.load(Ordering::SeqCst), looks + 8, "in turn");
}
