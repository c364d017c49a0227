//! Whatever an erasure is cut off between, the next process finishes it before it serves anything, or
//! right after.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use annals::runtime::{ErasurePlaces, Erasures, KeyedStore, PersonalEvents, Refolds};
use annals::{
    Append, AppendError, AppendId, Appended, EventStore, EventStream, KeyStore, KeyStoreError,
    Position, Read, ReadError, ReadModels, Rewrapping, RootId, Source, StoreId, StoredKey,
    StreamId, StreamVersion, SubjectId, Subscription, TableFold, WrappedKey,
};
use async_trait::async_trait;
use tokio::sync::Notify;

use crate::copies::{PersonRow, Sayings, UNKNOWN};
use crate::keys::KeptKeys;
use crate::people::{Person, PersonEvent};
use crate::place::{Place, register, settle, subject};

/// A process that is cut off before the call of this number: it never comes back from it.
#[derive(Clone)]
struct Cut {
    calls_left: Arc<AtomicU64>,
    is_cut: Arc<Notify>,
}

impl Cut {
    fn before(call: u64) -> Self {
        Self {
            calls_left: Arc::new(AtomicU64::new(call)),
            is_cut: Arc::default(),
        }
    }

    async fn pass(&self) {
        if self.calls_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.is_cut.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

/// The store, or the keys, as such a process has them.
struct Through<S> {
    inner: S,
    cut: Cut,
}

#[async_trait]
impl EventStore for Through<Arc<dyn EventStore>> {
    fn id(&self) -> StoreId {
        self.inner.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.cut.pass().await;
        let appended = self.inner.append(append).await;
        self.cut.pass().await;
        appended
    }

    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        self.inner.find_append(id).await
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        self.cut.pass().await;
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

#[async_trait]
impl KeyStore for Through<KeptKeys> {
    async fn find(&self, subjects: &[SubjectId]) -> Result<Vec<Option<StoredKey>>, KeyStoreError> {
        self.cut.pass().await;
        self.inner.find(subjects).await
    }

    async fn create(
        &self,
        subject: &SubjectId,
        key: WrappedKey,
    ) -> Result<StoredKey, KeyStoreError> {
        self.inner.create(subject, key).await
    }

    async fn destroy(&self, subject: &SubjectId) -> Result<bool, KeyStoreError> {
        self.cut.pass().await;
        self.inner.destroy(subject).await
    }

    async fn wrapped_otherwise(
        &self,
        root: &RootId,
        limit: u32,
    ) -> Result<Vec<(SubjectId, WrappedKey)>, KeyStoreError> {
        self.inner.wrapped_otherwise(root, limit).await
    }

    async fn rewrap(&self, keys: Vec<Rewrapping>) -> Result<(), KeyStoreError> {
        self.inner.rewrap(keys).await
    }
}

/// What a process erases with that is going to be cut off.
async fn erasures(place: &Place, cut: &Cut) -> Erasures {
    let store: Arc<dyn EventStore> = Arc::new(Through {
        inner: Arc::clone(&place.store) as Arc<dyn EventStore>,
        cut: cut.clone(),
    });
    let keyring = place.keys.keyring_on(Arc::new(Through {
        inner: place.keys.clone(),
        cut: cut.clone(),
    }));
    let mut personal = PersonalEvents::default();
    personal.declare::<PersonEvent>();
    let keyed = KeyedStore::new(store, Arc::clone(&keyring), personal.clone());
    let store: Arc<dyn EventStore> = Arc::new(keyed);
    let read_models: Arc<dyn ReadModels> = Arc::new(place.read_models.clone());
    let folds = [
        TableFold::of_rows::<PersonRow>(),
        TableFold::of_tables::<Sayings>(),
    ];
    let mut projectors = Vec::new();
    for fold in folds.clone() {
        projectors.push(read_models.projector(fold).await.unwrap());
    }
    let refolds = folds.map(|fold| Refolds::new(&store, &read_models, fold));
    let places = ErasurePlaces {
        snapshots: read_models.snapshots().await.unwrap(),
        refolds: refolds.into(),
        projectors,
        own_read_models: Vec::new(),
        forgets: vec![Arc::new(place.cache.clone())],
    };
    Erasures::new(store, keyring, personal, places)
}

/// Cuts an erasure off before that call. False: it is over before it comes to that.
async fn is_cut_before(place: &Place, call: u64) -> bool {
    let cut = Cut::before(call);
    let erasures = erasures(place, &cut).await;
    let ada = subject("ada");
    let is_cut = tokio::select! {
        report = erasures.erase(&ada) => {
            report.unwrap();
            false
        }
        () = cut.is_cut.notified() => true,
    };
    erasures.stop().await;
    is_cut
}

async fn has_begun(place: &Place) -> bool {
    let stream = StreamId::new("PersonalData", "ada").unwrap();
    place.store.stream_version(&stream).await.unwrap() > StreamVersion::NONE
}

#[tokio::test]
async fn an_erasure_that_was_cut_off_before_any_call_is_finished_by_the_next_process() {
    for call in 1.. {
        let place = Place::new().await;
        let service = place.start().await;
        register(&service, "ada", "Ada").await;
        register(&service, "bob", "Bob").await;
        settle(&service).await;
        service.stop().await;
        drop(service);

        let is_cut = is_cut_before(&place, call).await;

        let service = place.start().await;
        let loaded = service.repository::<Person>().load("ada").await.unwrap();
        if has_begun(&place).await {
            assert!(
                loaded.state.name.unwrap().is_erased(),
                "at once, call {call}"
            );
            place.wait_for_report(&subject("ada")).await;
            assert_eq!(place.row("ada").await.copied, UNKNOWN, "call {call}");
            assert_eq!(place.row("bob").await.copied, "Bob", "call {call}");
        } else {
            assert_eq!(
                loaded.state.name().unwrap(),
                "Ada",
                "nothing happened, call {call}"
            );
        }
        service.stop().await;
        if !is_cut {
            assert!(call > 10, "only {call} calls: was there anything to cut?");
            break;
        }
    }
}
