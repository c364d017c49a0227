//! Events as they were stored once, written by hand.

use annals::{
    Append, Event, EventId, EventType, ExpectedVersion, IdSource, Metadata, NewEvent, Origin,
    Personal, RandomIds, StreamId, SubjectId, Timestamp, seal_event,
};
use annals_reference::bank::Bank;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An event of any shape, with nothing sealed.
pub(crate) fn stored(event_type: &str, schema_version: u32, payload: &Value) -> NewEvent {
    let event_type = EventType::new(event_type).unwrap();
    let id = EventId(RandomIds.next());
    NewEvent {
        schema_version,
        ..NewEvent::json(id, event_type, payload.to_string())
    }
}

/// Writes a stream that holds these events and no others.
pub(crate) async fn write(bank: &Bank, stream: &str, events: Vec<NewEvent>) {
    let stream = stream.parse().unwrap();
    let append = Append::to(stream, ExpectedVersion::NoStream, events);
    bank.annals().store().append(append).await.unwrap();
}

/// What users were registered by at version 1, once its fields were personal.
#[derive(Event, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
enum RegisteredV1 {
    #[event(name = "UserRegistered")]
    Registered {
        user_id: String,
        #[personal(subject = user_id)]
        email: Personal<String>,
        #[personal(subject = user_id)]
        name: Personal<String>,
        registered_at: Timestamp,
    },
}

/// A registration at version 1, sealed by the keyring of a bank.
pub(crate) async fn sealed_v1(bank: &Bank, user: &str, email: &str, name: &str) -> NewEvent {
    let event = RegisteredV1::Registered {
        user_id: user.to_owned(),
        email: Personal::new(email.to_owned()),
        name: Personal::new(name.to_owned()),
        registered_at: "2020-01-01T12:00:00Z".parse().unwrap(),
    };
    let stream = format!("User-{user}").parse().unwrap();
    sealed(bank, &stream, event).await
}

async fn sealed<E: Event>(bank: &Bank, stream: &StreamId, mut event: E) -> NewEvent {
    let subjects = event.subjects().into_iter();
    let subjects: Vec<_> = subjects.map(|it| SubjectId::new(it).unwrap()).collect();
    let keyring = bank.annals().keyring().unwrap();
    let keys = keyring.keys_for_writing(&subjects).await.unwrap();
    let id = EventId(RandomIds.next());
    let origin = Origin { stream, event: id };
    let mut beside = Vec::new();
    seal_event(&mut event, &keys, &origin, &mut beside).unwrap();
    assert_eq!(beside, [], "all of it is kept in the event");
    event.to_new(id, Metadata::default()).unwrap()
}
