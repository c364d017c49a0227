//! What another process has under way while a person is forgotten brings nothing of them back.

use std::sync::Arc;

use annals::runtime::{CommandContext, ExecuteError};
use annals::{
    Annals, Append, AppendError, AppendId, Appended, EventStore, EventStream, Position, Read,
    ReadError, Source, StoreId, StreamId, StreamVersion, Subscription,
};
use async_trait::async_trait;

use crate::gate::Gate;
use crate::people::{Person, PersonCommand};
use crate::place::{Place, register, subject};

/// The store, as a process has it whose appends wait at a gate once it is closed.
struct Slow {
    inner: Arc<dyn EventStore>,
    gate: Gate,
}

#[async_trait]
impl EventStore for Slow {
    fn id(&self) -> StoreId {
        self.inner.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.gate.pass().await;
        self.inner.append(append).await
    }

    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        self.inner.find_append(id).await
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        self.inner.read(read).await
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        self.inner.subscribe(source).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.inner.head().await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        self.inner.stream_version(stream).await
    }
}

/// Another process, whose appends wait.
async fn slow(place: &Place, gate: &Gate) -> Annals {
    let store: Arc<dyn EventStore> = Arc::new(Slow {
        inner: Arc::clone(&place.store) as _,
        gate: gate.clone(),
    });
    Annals::on(store, Arc::new(place.read_models.clone()))
        .keyring(place.keys.keyring())
        .aggregate::<Person>()
        .without_drift_detection()
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_command_that_knew_the_key_records_nothing_any_more() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    let gate = Gate::default();
    let other = slow(&place, &gate).await;

    gate.close();
    let (user_id, city) = ("ada".to_owned(), "London".to_owned());
    let command = PersonCommand::Move { user_id, city };
    let context = CommandContext::default();
    let late = other.execute::<Person>("ada", command, context);
    let erased = async {
        gate.somebody_waits().await;
        service.erase(&subject("ada")).await.unwrap();
        let head = service.store().head().await.unwrap();
        gate.open();
        head
    };
    let (refused, head) = tokio::join!(late, erased);

    assert!(
        matches!(&refused, Err(ExecuteError::Erased(whose)) if *whose == subject("ada")),
        "{refused:?}"
    );
    assert_eq!(service.store().head().await.unwrap(), head);
    other.stop().await;
    service.stop().await;
}
