//! Readiness tells of the store: one that cannot be reached, does not answer or has stopped for
//! good makes the service unready.

use std::io::ErrorKind;

use annals_core::{
    Append, AppendError, AppendId, Appended, EventId, EventStore, EventStream, EventType,
    ExpectedVersion, IdSource, NewEvent, Position, RandomIds, Read, ReadError, Source, StoreId,
    StreamId, StreamVersion, Subscription,
};
use annals_embedded::{Call, EmbeddedOptions, EmbeddedStore, Fault, Lasting, MemoryDisk};
use annals_http::{Readiness, StoreHealth};
use async_trait::async_trait;
use axum::http::StatusCode;
use axum::response::IntoResponse;

async fn status(store: &dyn EventStore) -> StatusCode {
    let readiness = Readiness::of(StoreHealth::of(store).await, []);
    readiness.into_response().status()
}

#[tokio::test]
async fn a_store_that_stopped_for_good_is_not_ready_though_it_is_still_read() {
    let disk = MemoryDisk::new();
    let store = EmbeddedStore::open_on(disk.clone(), EmbeddedOptions::in_memory()).unwrap();
    assert_eq!(status(&store).await, StatusCode::OK);
    disk.inject(Fault {
        on: Call::Sync,
        nth: 1,
        kind: ErrorKind::Other,
        lasting: Lasting::Once,
    });
    let event = NewEvent::json(
        EventId(RandomIds.next()),
        EventType::new("Happened").unwrap(),
        "{}",
    );
    let append = Append::to("A-1".parse().unwrap(), ExpectedVersion::Any, vec![event]);
    store.append(append).await.unwrap_err();
    assert_eq!(store.head().await.unwrap(), Position::START);
    assert_eq!(status(&store).await, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_not_ready() {
    assert_eq!(status(&Silent).await, StatusCode::SERVICE_UNAVAILABLE);
}

/// A store that never answers.
struct Silent;

#[async_trait]
impl EventStore for Silent {
    fn id(&self) -> StoreId {
        StoreId(RandomIds.next())
    }

    async fn append(&self, _: Append) -> Result<Appended, AppendError> {
        std::future::pending().await
    }

    async fn find_append(&self, _: AppendId) -> Result<Option<Appended>, ReadError> {
        std::future::pending().await
    }

    async fn read(&self, _: Read) -> Result<EventStream, ReadError> {
        std::future::pending().await
    }

    async fn subscribe(&self, _: Source) -> Result<Subscription, ReadError> {
        std::future::pending().await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        std::future::pending().await
    }

    async fn stream_version(&self, _: &StreamId) -> Result<StreamVersion, ReadError> {
        std::future::pending().await
    }
}
