//! A store whose events come with the keys to read what is personal in them.

use std::future::ready;
use std::slice;
use std::sync::Arc;

use annals_core::{
    Append, AppendError, AppendId, Appended, Corruption, Delivery, EventStore, EventStream,
    KeyStoreError, Keys, Position, Read, ReadError, RecordedEvent, SideStoreError, Source, StoreId,
    StreamId, StreamVersion, SubjectId, Subscription, side_ids_of, tagged_subject,
};
use annals_keys::Keyring;
use async_trait::async_trait;
use futures_util::future::Either;
use futures_util::{FutureExt, StreamExt};

use crate::personal_events::{PersonalEvents, Told};

/// An event store, with a keyring: each event that tells something about persons comes with what there
/// is of their keys, and with what of it is kept beside the log, so that whoever reads it needs to know
/// of neither.
///
/// An event says by its tags whom it is about. One of the declared
/// [types with personal fields](PersonalEvents) that was stored before all of them were personal lacks
/// tags: it is decoded for that, and persons get keys, so that copies of what it says are sealed
/// and an erasure shows. All other events cost a look at their tags.
///
/// What is sealed under a key that is damaged stays sealed, as where there is no key, and is logged.
#[derive(Clone)]
pub struct KeyedStore {
    store: Arc<dyn EventStore>,
    attaching: Arc<Attaching>,
}

/// What it takes to attach keys.
struct Attaching {
    keyring: Arc<Keyring>,
    personal: PersonalEvents,
}

impl KeyedStore {
    /// The store, read with a keyring.
    pub fn new(
        store: Arc<dyn EventStore>,
        keyring: Arc<Keyring>,
        personal: PersonalEvents,
    ) -> Self {
        let attaching = Arc::new(Attaching { keyring, personal });
        Self { store, attaching }
    }
}

#[async_trait]
impl EventStore for KeyedStore {
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
        let (head, attaching) = (events.head(), Arc::clone(&self.attaching));
        let keyed = events.then(move |event| match event {
            Ok(event) if attaching.concerns(&event) => {
                Either::Left(Arc::clone(&attaching).attach(event))
            }
            event => Either::Right(ready(event)),
        });
        Ok(EventStream::new(head, keyed))
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        let deliveries = self.store.subscribe(source).await?;
        let attaching = Arc::clone(&self.attaching);
        let keyed = deliveries.then(move |delivery| match delivery {
            Ok(Delivery::Event(event)) if attaching.concerns(&event) => {
                let keyed = Arc::clone(&attaching).attach(*event);
                Either::Left(keyed.map(|event| event.map(Box::new).map(Delivery::Event)))
            }
            delivery => Either::Right(ready(delivery)),
        });
        Ok(Subscription::new(keyed))
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        self.store.stream_version(stream).await
    }
}

impl Attaching {
    /// True if an event may tell something about a person.
    fn concerns(&self, event: &RecordedEvent) -> bool {
        event.tags.iter().any(|tag| tagged_subject(tag).is_some())
            || self.personal.has(&event.event_type)
    }

    async fn attach(self: Arc<Self>, mut event: RecordedEvent) -> Result<RecordedEvent, ReadError> {
        let keys = self.keys_for(&event).await;
        let keys = keys.map_err(|error| no_keys(&error))?;
        let keys = self.keyring.look_beside(keys, side_ids_of(&event)).await;
        event.keys = keys.map_err(|error| not_looked(event.position, &error))?;
        Ok(event)
    }

    async fn keys_for(&self, event: &RecordedEvent) -> Result<Keys, KeyStoreError> {
        let Told {
            mut tagged,
            untagged,
            ..
        } = self.personal.told_by(event);
        if !untagged.is_empty() {
            // Copies of what they told are sealed from now on, so there must be keys.
            self.keyring.keys_for_writing(&untagged).await?;
            tagged.extend(untagged);
        }
        match tagged.is_empty() {
            true => Ok(Keys::default()),
            false => self.keys_of(event.position, tagged).await,
        }
    }

    /// A key that is damaged harms nobody else: what is sealed under it stays sealed.
    async fn keys_of(
        &self,
        position: Position,
        subjects: Vec<SubjectId>,
    ) -> Result<Keys, KeyStoreError> {
        let keys = self.keyring.keys_for_reading(&subjects).await;
        let Err(KeyStoreError::Damaged { .. }) = keys else {
            return keys;
        };
        let mut sound = Vec::with_capacity(subjects.len());
        for subject in subjects {
            let one = slice::from_ref(&subject);
            match self.keyring.keys_for_reading(one).await {
                Ok(_) => sound.push(subject),
                Err(error @ KeyStoreError::Damaged { .. }) => {
                    tracing::error!(%subject, %position, %error, "what is personal stays sealed");
                }
                Err(error) => return Err(error),
            }
        }
        self.keyring.keys_for_reading(&sound).await
    }
}

/// What it means to a reader that nobody could look beside the log.
fn not_looked(position: Position, error: &SideStoreError) -> ReadError {
    let reason = error.to_string();
    match error {
        SideStoreError::Damaged { .. } => Corruption { position, reason }.into(),
        _ => ReadError::Unavailable { reason },
    }
}

/// What it means to a reader that keys cannot be had.
fn no_keys(error: &KeyStoreError) -> ReadError {
    let reason = error.to_string();
    ReadError::Unavailable { reason }
}

impl std::fmt::Debug for KeyedStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyedStore")
            .field("store", &self.store.id())
            .field("personal", &self.attaching.personal)
            .finish_non_exhaustive()
    }
}
