//! An event that cannot be read tells no partition: what comes behind it in its stream waits for it,
//! whatever partition that is of.

use std::sync::Arc;

use annals_core::{
    Append, EventId, EventStore, EventType, ExpectedVersion, IdSource, NewEvent, Position,
    RandomIds, StreamId,
};
use annals_sqlite::Database;

use crate::ledger::{LONG, new_store, record_in};
use crate::outside::{CallInOneLine, Outside, perform_in};

async fn record_unreadable(store: &dyn EventStore, stream: &str) {
    let stream = StreamId::new("Account", stream).unwrap();
    let event_type = EventType::new("Happened").unwrap();
    let event = NewEvent::json(EventId(RandomIds.next()), event_type, "\"unreadable\"");
    let append = Append::to(stream, ExpectedVersion::Any, vec![event]);
    store.append(append).await.unwrap();
}

#[tokio::test]
async fn later_events_of_its_stream_wait_in_the_same_batch_with_their_partitions() {
    let (store, outside) = (new_store(), Outside::new());
    let database = Database::in_memory().await.unwrap();
    record_in(&*store, "Account", "a", 1).await;
    record_unreadable(&*store, "a").await;
    record_in(&*store, "Account", "a", 1).await;
    let last = record_in(&*store, "Account", "b", 1).await;
    let effect = CallInOneLine(Arc::clone(&outside));
    let (effect, parked) = perform_in(effect, &store, &database).await;
    effect.wait_for(last, LONG).await.unwrap();
    assert_eq!(outside.called(), [1]);
    let letters = parked.list(Position::START, 10).await.unwrap();
    let positions: Vec<u64> = letters.iter().map(|letter| letter.position.0).collect();
    assert_eq!(positions, [2, 3, 4]);
}
