//! What commands record about persons is sealed before it reaches the store.

use std::sync::Arc;

use annals_core::{
    Aggregate, EncodeError, EventStore, Personal, PersonalFault, Read, RecordedEvent, Source,
    SubjectId, Undisclosed, decode,
};
use annals_embedded::EmbeddedStore;
use annals_keys::{Keyring, KeyringOptions, MemoryKeyStore, MemoryRootKeys};
use annals_macros::Event;
use annals_runtime::{CommandContext, ExecuteError, KeyedStore, PersonalEvents, Repository};
use serde::{Deserialize, Serialize};

use crate::account::{new_store, under_key};

#[derive(Event, Serialize, Deserialize, Debug)]
enum PersonEvent {
    Registered {
        user: String,
        #[personal(subject = user)]
        name: Personal<String>,
    },
}

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("never")]
struct Never;

#[derive(Default, Clone)]
struct Person(Option<Personal<String>>);

impl Aggregate for Person {
    const CATEGORY: &'static str = "Person";
    /// The name to register by.
    type Command = &'static str;
    type Event = PersonEvent;
    type Error = Never;

    fn decide(&self, name: &'static str) -> Result<Vec<PersonEvent>, Never> {
        let (user, name) = ("ada".to_owned(), Personal::new(name.to_owned()));
        Ok(vec![PersonEvent::Registered { user, name }])
    }

    fn evolve(&mut self, event: &PersonEvent) {
        let PersonEvent::Registered { name, .. } = event;
        self.0 = Some(name.clone());
    }
}

fn keyring() -> Arc<Keyring> {
    let (kept, roots) = (MemoryKeyStore::default(), MemoryRootKeys::new());
    let roots = roots.expect("there is randomness");
    let options = KeyringOptions::default();
    Arc::new(Keyring::new(Arc::new(kept), Arc::new(roots), options))
}

fn persons(store: Arc<dyn EventStore>, keyring: &Arc<Keyring>) -> Repository<Person> {
    let keyed = KeyedStore::new(store, Arc::clone(keyring), PersonalEvents::default());
    Repository::new(Arc::new(keyed)).with_keyring(Arc::clone(keyring))
}

async fn stored(store: &EmbeddedStore) -> Vec<RecordedEvent> {
    let all = store.read(Read::forwards(Source::all())).await;
    let all = all.expect("it is in memory").collect().await;
    all.expect("it is in memory")
}

#[tokio::test]
async fn the_store_sees_no_plain_text_and_the_state_is_open_and_sealed() {
    let (store, keyring) = (new_store(), keyring());
    let persons = persons(Arc::clone(&store) as _, &keyring);
    let done = persons.execute("ada", "Lovelace", CommandContext::default());
    let name = done.await.unwrap().state.0.unwrap();
    assert_eq!(name.value().unwrap(), "Lovelace");
    let kept = serde_json::to_string(&name).unwrap();
    assert!(kept.contains("$sealed"), "{kept}");

    let events = stored(&store).await;
    assert!(!String::from_utf8_lossy(&events[0].data).contains("Lovelace"));
    assert_eq!(events[0].tags[0].as_str(), "subject:ada");
    let loaded = persons.load("ada").await.unwrap().state.0.unwrap();
    assert_eq!(loaded, name, "it opens where it was sealed for");
    let without_keys = decode::<PersonEvent>(events[0].clone()).unwrap();
    let PersonEvent::Registered { name, .. } = &without_keys[0].event;
    assert!(matches!(name.value(), Err(Undisclosed::Sealed(_))));
}

/// The store would take the bytes of the first time for those of a retry, so they are compared here:
/// what two processes make of one request, neither of which knows of the other.
#[tokio::test]
async fn a_request_that_is_sealed_twice_has_the_same_bytes() {
    let keyring = keyring();
    let mut sealed = Vec::new();
    for _process in 0..2 {
        let store = new_store();
        let persons = persons(Arc::clone(&store) as _, &keyring);
        let done = persons.execute("ada", "Lovelace", under_key("k", "x"));
        done.await.unwrap();
        sealed.push(stored(&store).await.remove(0).data);
    }
    assert_eq!(sealed[0], sealed[1]);
}

#[tokio::test]
async fn without_a_keyring_nothing_personal_is_recorded() {
    let store = new_store();
    let persons = Repository::<Person>::new(Arc::clone(&store) as _);
    let refused = persons
        .execute("ada", "Lovelace", CommandContext::default())
        .await;
    assert!(
        matches!(
            &refused,
            Err(ExecuteError::Encode(EncodeError::Personal {
                field: "name",
                fault: PersonalFault::NoKey(_),
            }))
        ),
        "{:?}",
        refused.err()
    );
    assert!(stored(&store).await.is_empty());
}

#[tokio::test]
async fn of_who_was_forgotten_nothing_personal_is_recorded() {
    let (store, keyring) = (new_store(), keyring());
    let ada = SubjectId::new("ada").unwrap();
    keyring.forget(&ada).await.unwrap();
    let persons = persons(Arc::clone(&store) as _, &keyring);
    let refused = persons
        .execute("ada", "Lovelace", CommandContext::default())
        .await;
    let refused = refused.map(drop).unwrap_err();
    assert!(
        matches!(&refused, ExecuteError::Erased(whose) if *whose == ada),
        "{refused}"
    );
    assert!(stored(&store).await.is_empty());
}
