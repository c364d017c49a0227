//! A store that is read with a keyring keeps the store's contract, and asks for keys only where an
//! event is about a person.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use annals_core::{
    Append, EventId, EventStore, EventType, ExpectedVersion, KeyStore, KeyStoreError, NewEvent,
    Read, ReadError, RecordedEvent, Rewrapping, RootId, Source, StoreId, StoredKey, StreamId,
    SubjectId, SubjectKey, WrappedKey, subject_tag,
};
use annals_embedded::{EmbeddedOptions, EmbeddedStore, MemoryDisk};
use annals_keys::{Keyring, KeyringOptions, MemoryKeyStore, MemoryRootKeys};
use annals_runtime::{KeyedStore, PersonalEvents};
use annals_testing::conformance::{Backend, Skip};
use async_trait::async_trait;
use uuid::Uuid;

annals_testing::conformance_suite!(Keyed::default());

/// Stores on disks of their own, read with keyrings.
#[derive(Default)]
struct Keyed {
    disks: Mutex<HashMap<StoreId, MemoryDisk>>,
}

impl Keyed {
    fn open_on(&self, disk: MemoryDisk) -> Arc<dyn EventStore> {
        let store = EmbeddedStore::open_on(disk.clone(), EmbeddedOptions::in_memory()).unwrap();
        self.disks.lock().unwrap().insert(store.id(), disk);
        keyed(Arc::new(store), Arc::default())
    }
}

#[async_trait]
impl Backend for Keyed {
    async fn open(&self) -> Arc<dyn EventStore> {
        self.open_on(MemoryDisk::new())
    }

    /// Cuts the power.
    async fn restart(&self, store: Arc<dyn EventStore>) -> Result<Arc<dyn EventStore>, Skip> {
        let disk = self.disks.lock().unwrap().remove(&store.id());
        Ok(self.open_on(disk.unwrap().after_crash()))
    }
}

fn keyed(store: Arc<dyn EventStore>, keys: Arc<CountedKeys>) -> Arc<dyn EventStore> {
    let roots = Arc::new(MemoryRootKeys::new().unwrap());
    let keyring = Arc::new(Keyring::new(keys, roots, KeyringOptions::default()));
    Arc::new(KeyedStore::new(store, keyring, PersonalEvents::default()))
}

/// Counts how often keys are looked up; fails if told to.
#[derive(Default)]
struct CountedKeys {
    keys: MemoryKeyStore,
    looks: AtomicU32,
    fails_with: Mutex<Option<KeyStoreError>>,
    damaged: Mutex<Option<SubjectId>>,
}

#[async_trait]
impl KeyStore for CountedKeys {
    async fn find(&self, subjects: &[SubjectId]) -> Result<Vec<Option<StoredKey>>, KeyStoreError> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        if let Some(error) = self.fails_with.lock().unwrap().clone() {
            return Err(error);
        }
        let damaged = self.damaged.lock().unwrap().clone();
        if damaged.is_some_and(|it| subjects.contains(&it)) {
            let reason = "on demand".to_owned();
            return Err(KeyStoreError::Damaged { reason });
        }
        self.keys.find(subjects).await
    }

    async fn create(
        &self,
        subject: &SubjectId,
        key: WrappedKey,
    ) -> Result<StoredKey, KeyStoreError> {
        self.keys.create(subject, key).await
    }

    async fn destroy(&self, subject: &SubjectId) -> Result<bool, KeyStoreError> {
        self.keys.destroy(subject).await
    }

    async fn wrapped_otherwise(
        &self,
        root: &RootId,
        limit: u32,
    ) -> Result<Vec<(SubjectId, WrappedKey)>, KeyStoreError> {
        self.keys.wrapped_otherwise(root, limit).await
    }

    async fn rewrap(&self, keys: Vec<Rewrapping>) -> Result<(), KeyStoreError> {
        self.keys.rewrap(keys).await
    }
}

/// A store with an event about nobody, and behind it one about two persons.
async fn two_events(keys: &Arc<CountedKeys>) -> Arc<dyn EventStore> {
    let store = keyed(
        Arc::new(EmbeddedStore::in_memory().unwrap()),
        Arc::clone(keys),
    );
    let event = |id| {
        let event_type = EventType::new("Seen").unwrap();
        NewEvent::json(EventId(Uuid::from_u128(id)), event_type, "{}")
    };
    let about_both = event(2).tagged(subject_tag("ada").unwrap());
    let about_both = about_both.tagged(subject_tag("bob").unwrap());
    let stream = StreamId::new("Sight", "1").unwrap();
    let append = Append::to(stream, ExpectedVersion::Any, vec![event(1), about_both]);
    store.append(append).await.unwrap();
    store
}

async fn read(store: &dyn EventStore, limit: u64) -> Result<Vec<RecordedEvent>, ReadError> {
    let read = Read::forwards(Source::all()).limit(limit);
    store.read(read).await?.collect().await
}

#[tokio::test]
async fn only_an_event_about_a_person_asks_for_keys() {
    let keys = Arc::<CountedKeys>::default();
    let store = two_events(&keys).await;
    let events = read(&*store, 1).await.unwrap();
    assert!(events[0].keys.is_empty());
    assert_eq!(keys.looks.load(Ordering::SeqCst), 0);
    let events = read(&*store, 2).await.unwrap();
    assert!(!events[1].keys.is_empty());
    assert_eq!(keys.looks.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_event_whose_keys_cannot_be_had_is_an_error_and_no_end() {
    let keys = Arc::<CountedKeys>::default();
    let store = two_events(&keys).await;
    let cause = Arc::new(std::io::Error::from(std::io::ErrorKind::TimedOut));
    *keys.fails_with.lock().unwrap() = Some(KeyStoreError::Unavailable(cause));
    assert!(matches!(
        read(&*store, 2).await,
        Err(ReadError::Unavailable { .. })
    ));
    assert_eq!(
        read(&*store, 1).await.unwrap().len(),
        1,
        "it concerns no other"
    );
}

#[tokio::test]
async fn a_damaged_key_harms_nobody_else() {
    let keys = Arc::<CountedKeys>::default();
    let store = two_events(&keys).await;
    let [ada, bob] = ["ada", "bob"].map(|it| SubjectId::new(it).unwrap());
    keys.destroy(&bob).await.unwrap();
    *keys.damaged.lock().unwrap() = Some(ada);

    let events = read(&*store, 2).await.unwrap();

    assert_eq!(events[1].keys.find("ada"), None, "it stays sealed");
    assert_eq!(events[1].keys.find("bob"), Some(&SubjectKey::Erased));
}
