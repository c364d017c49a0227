//! An event whose personal fields were sealed by older code is read by today's, open or erased.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod stored;

use std::sync::Arc;

use annals_core::{
    DataKey, Event, Keys, Origin, Personal, RecordedEvent, SubjectId, SubjectKey, decode,
    seal_event,
};
use annals_macros::Event;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use stored::recorded;

/// What each version of the event looked like to the code of its time.
mod at_first {
    use super::*;

    #[derive(Event, Serialize, Deserialize)]
    pub(super) enum UserEvent {
        Registered {
            user_id: u64,
            #[personal(subject = user_id)]
            name: Personal<String>,
        },
    }
}

mod later {
    use super::*;

    #[derive(Event, Serialize, Deserialize)]
    #[serde(rename_all_fields = "camelCase")]
    pub(super) enum UserEvent {
        #[event(version = 2, upcast(1 => split_name))]
        Registered {
            user_id: u64,
            #[personal(subject = user_id)]
            first_name: Personal<String>,
            #[personal(subject = user_id)]
            last_name: Option<Personal<String>>,
        },
    }
}

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
enum UserEvent {
    #[event(version = 3, upcast(1 => split_name, 2 => as RegisteredV2))]
    Registered {
        user: u64,
        #[personal(subject = user)]
        given_name: Personal<String>,
        #[personal(subject = user)]
        family_name: Option<Personal<String>>,
    },
}

fn split_name(mut payload: Value) -> Value {
    let name = payload["name"].take();
    let (first, last) = match name.as_str().and_then(|name| name.split_once(' ')) {
        Some((first, last)) => (json!(first), json!(last)),
        // Sealed or erased.
        None => (name.clone(), name),
    };
    json!({ "userId": payload["user_id"], "firstName": first, "lastName": last })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegisteredV2 {
    user_id: u64,
    first_name: Personal<String>,
    last_name: Option<Personal<String>>,
}

impl From<RegisteredV2> for UserEvent {
    fn from(old: RegisteredV2) -> Self {
        Self::Registered {
            user: old.user_id,
            given_name: old.first_name,
            family_name: old.last_name,
        }
    }
}

fn keys(key: SubjectKey) -> Keys {
    Keys::of(vec![(SubjectId::new("7").unwrap(), key)])
}

fn living() -> Keys {
    keys(SubjectKey::Living(Arc::new(DataKey::from_bytes([7; 32]))))
}

/// The event as a store returns it that recorded it sealed.
fn sealed(mut event: impl Event) -> RecordedEvent {
    let place = recorded("Registered", 1, Vec::new());
    let origin = Origin {
        stream: &place.stream,
        event: place.id,
    };
    seal_event(&mut event, &living(), &origin, &mut Vec::new()).unwrap();
    let payload = event.encode().unwrap();
    assert!(!String::from_utf8_lossy(&payload).contains("Ada"));
    recorded("Registered", event.schema().version, payload)
}

fn versions() -> [RecordedEvent; 3] {
    let name = |text: &str| Personal::new(text.to_owned());
    let first = at_first::UserEvent::Registered {
        user_id: 7,
        name: name("Ada Lovelace"),
    };
    let second = later::UserEvent::Registered {
        user_id: 7,
        first_name: name("Ada"),
        last_name: Some(name("Lovelace")),
    };
    let third = UserEvent::Registered {
        user: 7,
        given_name: name("Ada"),
        family_name: Some(name("Lovelace")),
    };
    [sealed(first), sealed(second), sealed(third)]
}

/// The names that an event is read with.
fn read(record: RecordedEvent, keys: &Keys) -> (Personal<String>, Option<Personal<String>>) {
    let record = RecordedEvent {
        keys: keys.clone(),
        ..record
    };
    let UserEvent::Registered {
        user,
        given_name,
        family_name,
    } = decode::<UserEvent>(record).unwrap().remove(0).event;
    assert_eq!(user, 7);
    (given_name, family_name)
}

#[test]
fn every_version_is_read_open_with_the_key() {
    for record in versions() {
        let (given, family) = read(record, &living());
        assert_eq!(given.value().unwrap(), "Ada");
        assert_eq!(family.unwrap().value().unwrap(), "Lovelace");
    }
}

#[test]
fn what_is_read_of_any_version_can_be_written_sealed() {
    for record in versions() {
        let (given, family) = read(record, &living());
        for name in [Some(given), family] {
            let copy = serde_json::to_value(name.unwrap()).unwrap();
            assert!(copy["$sealed"].is_string(), "{copy}");
        }
    }
}

#[test]
fn every_version_is_read_without_what_was_erased() {
    for record in versions() {
        let (given, family) = read(record, &keys(SubjectKey::Erased));
        assert!(given.is_erased());
        assert!(family.unwrap().is_erased());
    }
}

#[test]
fn every_version_is_read_sealed_without_keys() {
    for record in versions() {
        let (given, _) = read(record, &Keys::default());
        assert_eq!(given.subject().unwrap().as_str(), "7");
        assert!(given.value().is_err() && !given.is_erased());
    }
}
