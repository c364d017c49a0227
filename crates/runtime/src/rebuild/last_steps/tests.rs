//! What is done while the current edition stands still.

use std::sync::{Arc, Mutex};

use annals_core::{
    Append, EventId, EventStore, EventType, ExpectedVersion, IdSource, NewEvent, ProjectionBatch,
    ProjectionError, Projector, Query, RandomIds, StoreId, StreamId,
};
use annals_embedded::EmbeddedStore;

use super::*;
use crate::rebuild::RebuildOptions;

/// Keeps nothing but its checkpoint.
#[derive(Default)]
struct Checkpoint(Mutex<Position>);

#[async_trait]
impl Projector for Checkpoint {
    fn name(&self) -> &str {
        "balances"
    }

    fn query(&self) -> Query {
        Query::category("Account")
    }

    async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.position(store).await
    }

    async fn position(&self, _: StoreId) -> Result<Position, ProjectionError> {
        Ok(*self.0.lock().expect("nothing panics under this lock"))
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        *self.0.lock().expect("nothing panics under this lock") = batch.up_to;
        Ok(())
    }
}

async fn store_of(events: u64) -> Arc<dyn EventStore> {
    let store = EmbeddedStore::in_memory().expect("memory suffices");
    let stream = StreamId::new("Account", "1").expect("a valid name");
    let event_type = EventType::new("Happened").expect("a valid name");
    let event = |_| NewEvent::json(EventId(RandomIds.next()), event_type.clone(), "{}");
    let events = (0..events).map(event).collect();
    let append = Append::to(stream, ExpectedVersion::NoStream, events);
    store.append(append).await.expect("the store takes it");
    Arc::new(store)
}

#[tokio::test(start_paused = true)]
async fn a_throttle_keeps_nothing_standing_still() {
    let store = store_of(3).await;
    let projectors = (
        Arc::new(Checkpoint::default()) as Arc<dyn Projector>,
        Arc::new(Checkpoint::default()) as Arc<dyn Projector>,
    );
    let options = RebuildOptions {
        throttle: Some(std::num::NonZeroU32::MIN),
        ..RebuildOptions::default()
    };
    let resumed = CatchUp::resume(&store, projectors, &options).await;
    let mut catch_up = resumed.expect("all is there");
    let mut last_steps = LastSteps::of(&mut catch_up);
    last_steps.catch_up(Position(3)).await;
    last_steps.outcome().expect("nothing goes wrong");
    assert_eq!(catch_up.position(), Position(3));
}
