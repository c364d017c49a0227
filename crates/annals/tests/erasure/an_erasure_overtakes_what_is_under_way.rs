//! What was read before an erasure is not written after it, or the report says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use annals::runtime::{Erasures, PlaceKind, Refolds};
use annals::{
    Append, AppendError, AppendId, Appended, Edition, EventStore, EventStream, PartitionKey,
    Position, Read, ReadError, ReadModels, Source, StoreId, StreamId, StreamVersion, Subscription,
    TableFold, Value,
};
use async_trait::async_trait;

use crate::copies::{PersonRow, UNKNOWN};
use crate::place::{Place, register, settle, subject};

/// A store in which a person is forgotten as soon as somebody has read events of it.
struct Overtaken {
    store: Arc<dyn EventStore>,
    erasures: Erasures,
    is_erased: AtomicBool,
}

#[async_trait]
impl EventStore for Overtaken {
    fn id(&self) -> StoreId {
        self.store.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.store.append(append).await
    }

    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        self.store.find_append(id).await
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        let events = self.store.read(read).await?;
        let head = events.head();
        let read = events.collect().await?;
        if !read.is_empty() && !self.is_erased.swap(true, Ordering::SeqCst) {
            self.erasures.erase(&subject("ada")).await.unwrap();
        }
        let read = futures_util::stream::iter(read.into_iter().map(Ok));
        Ok(EventStream::new(head, read))
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        self.store.subscribe(source).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        self.store.stream_version(stream).await
    }
}

#[tokio::test]
async fn rows_that_were_being_made_anew_say_nothing_of_who_was_forgotten_meanwhile() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    register(&service, "bob", "Bob").await;
    settle(&service).await;
    let store: Arc<dyn EventStore> = Arc::new(Overtaken {
        store: Arc::clone(service.store()),
        erasures: service.erasures().unwrap().clone(),
        is_erased: AtomicBool::new(false),
    });
    let read_models: Arc<dyn ReadModels> = Arc::new(place.read_models.clone());
    let refolds = Refolds::new(&store, &read_models, TableFold::of_rows::<PersonRow>());

    let keys = ["ada", "bob"].map(|id| PartitionKey::of_row(&[Value::Text(id.to_owned())]));
    refolds.rebuild_keys(keys).await.unwrap();

    assert_eq!(place.row("ada").await.copied, UNKNOWN);
    assert_eq!(place.row("bob").await.copied, "Bob");
    service.stop().await;
}

#[tokio::test]
async fn an_edition_that_has_not_taken_in_all_of_a_person_is_told() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    settle(&service).await;
    let fold = TableFold::of_rows::<PersonRow>();
    let editions = place.read_models.editions().unwrap();
    let candidate = editions.projector(fold, Edition::Candidate).await;
    candidate.unwrap();

    let report = service.erase(&subject("ada")).await.unwrap();

    let missed = report.out_of_reach.iter();
    let mut missed = missed.filter(|it| it.kind == PlaceKind::ReadModel);
    assert_eq!(missed.next().unwrap().name, "persons (candidate)");
    assert_eq!(missed.next(), None, "the others have");
    service.stop().await;
}
