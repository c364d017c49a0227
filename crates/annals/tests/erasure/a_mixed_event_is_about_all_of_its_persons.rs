//! An event that tells something sealed of one person, and of another what was stored before it was
//! personal, is about both.

use std::sync::Arc;

use annals::runtime::{ErasurePlaces, Erasures, KeyedStore, PersonalEvents, PlaceKind};
use annals::{
    Append, Event, EventId, EventStore, EventType, ExpectedVersion, IdSource, NewEvent, Personal,
    Position, RandomIds, Read, ReadModels, Source, StreamId, SubjectKey,
};
use serde::{Deserialize, Serialize};

use crate::place::{Place, subject};

/// As it was recorded.
#[derive(Event, Serialize, Deserialize)]
enum OldGift {
    #[event(name = "Given")]
    Given {
        from: String,
        #[personal(subject = from)]
        words: Personal<String>,
        to: String,
        address: String,
    },
}

#[derive(Event, Serialize, Deserialize)]
enum Gift {
    #[event(name = "Given")]
    Given {
        from: String,
        #[personal(subject = from)]
        words: Personal<String>,
        to: String,
        #[personal(subject = to)]
        address: Personal<String>,
    },
}

/// A gift of ada's to bob, and behind it one that nobody can read.
async fn two_gifts() -> (Place, Arc<dyn EventStore>, Erasures) {
    let place = Place::new().await;
    let keyring = place.keys.keyring();
    let gift = OldGift::Given {
        from: "ada".to_owned(),
        words: Personal::new("with love".to_owned()),
        to: "bob".to_owned(),
        address: "1, Long Street".to_owned(),
    };
    place.record("ada", gift, Some(&keyring)).await;
    let (id, event_type) = (EventId(RandomIds.next()), EventType::new("Given").unwrap());
    let unread = NewEvent::json(id, event_type, r#"{"from": "ada"}"#);
    let stream = StreamId::new("Person", "eve").unwrap();
    let append = Append::to(stream, ExpectedVersion::Any, vec![unread]);
    place.store.append(append).await.unwrap();

    let mut personal = PersonalEvents::default();
    personal.declare::<Gift>();
    let store: Arc<dyn EventStore> = Arc::clone(&place.store) as _;
    let keyed = KeyedStore::new(store, Arc::clone(&keyring), personal.clone());
    let store: Arc<dyn EventStore> = Arc::new(keyed);
    let places = ErasurePlaces {
        snapshots: place.read_models.snapshots().await.unwrap(),
        refolds: Vec::new(),
        projectors: Vec::new(),
        own_read_models: Vec::new(),
        forgets: Vec::new(),
    };
    let erasures = Erasures::new(Arc::clone(&store), keyring, personal, places);
    (place, store, erasures)
}

#[tokio::test]
async fn its_reader_gets_the_keys_of_all() {
    let (_place, store, _) = two_gifts().await;
    let read = Read::forwards(Source::all()).limit(1);
    let events = store.read(read).await.unwrap().collect().await.unwrap();
    for person in ["ada", "bob"] {
        let key = events[0].keys.find(person);
        assert!(matches!(key, Some(SubjectKey::Living(_))), "{person}");
    }
}

#[tokio::test]
async fn it_is_found_when_either_is_forgotten_and_so_is_what_nobody_can_read() {
    let (_place, _, erasures) = two_gifts().await;

    let report = erasures.erase(&subject("bob")).await.unwrap();

    assert_eq!(report.events, 1);
    let told = report.out_of_reach.iter();
    let told = told.filter(|it| it.kind == PlaceKind::Events);
    let told: Vec<_> = told.map(|it| (&*it.name, &*it.positions)).collect();
    let expected = [
        ("events", &[Position(1)][..]),
        ("events that cannot be read", &[Position(2)]),
    ];
    assert_eq!(told, expected);
}
