use std::sync::Arc;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::*;
use crate::decode::{DecodeFault, decode};
use crate::event::ContentType;
use crate::ids::{AppendId, EventId};
use crate::metadata::Metadata;
use crate::payload;
use crate::personal::{
    DataKey, Keys, Origin, Personal, PersonalField, SubjectKey, Undisclosed, seal_event,
};
use crate::position::{Position, StreamVersion};
use crate::stream::StreamId;
use crate::typed_event::{EncodeError, Event, EventSchema};
use crate::upcast::Upcaster;

/// An event that keeps one value beside the log, and one in itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Member {
    Joined {
        user: String,
        name: Personal<String>,
        city: Personal<String>,
    },
}

impl Event for Member {
    const SCHEMAS: &'static [EventSchema] = &[EventSchema::new("MemberJoined", "Joined").at(
        2,
        // What an upcaster gets to see is open.
        &[Upcaster::json(1, |mut payload| {
            let name = payload["name"].as_str().map(str::to_uppercase);
            payload["name"] = name.map_or(payload["name"].clone(), Into::into);
            payload
        })],
    )];

    fn schema(&self) -> &'static EventSchema {
        &Self::SCHEMAS[0]
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        Ok(payload::to_json(self)?)
    }

    fn decode(schema: &EventSchema, _: u32, payload: Payload<'_>) -> Result<Self, payload::Error> {
        payload::read(schema.variant, payload)
    }

    fn subjects(&self) -> Vec<String> {
        let Self::Joined { user, .. } = self;
        vec![user.clone()]
    }

    fn personal_fields(&mut self) -> Vec<PersonalField<'_>> {
        let Self::Joined { user, name, city } = self;
        let field = |name, kept, value| PersonalField {
            name,
            subject: user.clone(),
            kept,
            value,
        };
        vec![
            field("name", Kept::Beside, name),
            field("city", Kept::InEvent, city),
        ]
    }
}

const EVENT: EventId = EventId(Uuid::from_u128(2));

fn stream() -> StreamId {
    "Member-1".parse().unwrap()
}

fn ada() -> SubjectId {
    SubjectId::new("user-7").unwrap()
}

fn living() -> Keys {
    let key = DataKey::from_bytes([7; 32]);
    Keys::of(vec![(ada(), SubjectKey::Living(Arc::new(key)))])
}

fn erased() -> Keys {
    Keys::of(vec![(ada(), SubjectKey::Erased)])
}

/// What is written of an event, and what of it is put beside the log.
fn sealed(name: &str) -> (String, SideValue) {
    sealed_as(name, EVENT).unwrap()
}

fn sealed_as(name: &str, event: EventId) -> Result<(String, SideValue), PersonalFault> {
    let mut joined = Member::Joined {
        user: "user-7".to_owned(),
        name: Personal::new(name.to_owned()),
        city: Personal::new("London".to_owned()),
    };
    let origin = Origin {
        stream: &stream(),
        event,
    };
    let mut beside = Vec::new();
    let sealed = seal_event(&mut joined, &living(), &origin, &mut beside);
    sealed.map_err(|(_, fault)| fault)?;
    let [value] = beside.try_into().unwrap();
    Ok((String::from_utf8(joined.encode().unwrap()).unwrap(), value))
}

fn record(payload: &str, keys: Keys) -> RecordedEvent {
    RecordedEvent {
        position: Position(5),
        stream: stream(),
        version: StreamVersion(1),
        id: EVENT,
        append: AppendId(Uuid::nil()),
        event_type: "MemberJoined".to_owned().try_into().unwrap(),
        schema_version: 2,
        content_type: ContentType::json(),
        data: payload.as_bytes().to_vec().into(),
        tags: vec![],
        metadata: Metadata::default(),
        recorded_at: jiff::Timestamp::UNIX_EPOCH,
        keys,
    }
}

fn found(id: &SideId, sealed: Option<&[u8]>) -> FoundBeside {
    FoundBeside::new(vec![(id.clone(), sealed.map(<[u8]>::to_vec))])
}

fn read(record: RecordedEvent) -> Result<Personal<String>, PersonalFault> {
    match decode::<Member>(record) {
        Ok(mut events) => {
            let Member::Joined { name, .. } = events.remove(0).event;
            Ok(name)
        }
        Err(error) => match error.fault {
            DecodeFault::Personal { fault, .. } => Err(fault),
            fault => panic!("{fault}"),
        },
    }
}

#[test]
fn an_event_holds_a_hash_and_neither_the_value_nor_what_is_sealed_of_it() {
    let (payload, value) = sealed("Ada");
    let document: Value = serde_json::from_str(&payload).unwrap();
    assert_eq!(document["name"], json!({ "$beside": value.id.to_string() }));
    assert!(!payload.contains("Ada"));
    assert!(!payload.contains(&BASE64.encode(&value.sealed)));
    assert_eq!(value.id.hash, *blake3::hash(&value.sealed).as_bytes());
    assert!(
        document["city"]["$sealed"].is_string(),
        "a field is kept where it says"
    );
}

#[test]
fn what_was_found_beside_the_log_opens_and_its_copies_hold_the_hash() {
    let (payload, value) = sealed("Ada");
    let keys = living().with_beside(found(&value.id, Some(&value.sealed)));
    let name = read(record(&payload, keys)).unwrap();
    assert_eq!(name.value().unwrap(), "Ada");
    let copy = serde_json::to_value(&name).unwrap();
    assert_eq!(copy, json!({ "$beside": value.id.to_string() }));
}

#[test]
fn a_copy_tells_its_name_and_opens_with_what_was_found_under_it() {
    let (_, value) = sealed("Ada");
    let mut copy: Personal<String> =
        serde_json::from_value(json!({ "$beside": value.id.to_string() })).unwrap();
    assert_eq!(copy.value(), Err(Undisclosed::Sealed(ada())));
    assert_eq!(copy.beside(), Some(&value.id));
    let keys = living();
    let key = keys.find("user-7").unwrap();
    copy.disclose(key, &FoundBeside::nothing()).unwrap();
    assert_eq!(copy.value(), Err(Undisclosed::Sealed(ada())));
    copy.disclose(key, &found(&value.id, Some(&value.sealed)))
        .unwrap();
    assert_eq!(copy.value().unwrap(), "Ada");
    assert_eq!(copy.beside(), None);
}

#[test]
fn a_value_that_nobody_looked_for_stays_sealed() {
    let (payload, _) = sealed("Ada");
    let name = read(record(&payload, living())).unwrap();
    assert_eq!(name.value(), Err(Undisclosed::Sealed(ada())));
}

#[test]
fn a_value_that_is_gone_is_missing_of_the_living_and_erased_of_the_forgotten() {
    let (payload, value) = sealed("Ada");
    let gone = || found(&value.id, None);
    let missing = read(record(&payload, living().with_beside(gone())));
    assert_eq!(missing, Err(PersonalFault::Missing));
    for keys in [erased(), erased().with_beside(gone())] {
        assert!(read(record(&payload, keys)).unwrap().is_erased());
    }
}

#[test]
fn what_was_swapped_or_changed_beside_the_log_is_forged() {
    let (payload, value) = sealed("Ada");
    let (_, other) = sealed("Eve");
    let mut flipped = value.sealed.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for forged in [&other.sealed[..], &flipped, &[], &value.sealed[..40]] {
        let keys = living().with_beside(found(&value.id, Some(forged)));
        assert_eq!(read(record(&payload, keys)), Err(PersonalFault::Forged));
    }
}

#[test]
fn a_hash_that_was_moved_from_another_event_does_not_open() {
    let (payload, value) = sealed_as("Ada", EventId(Uuid::from_u128(3))).unwrap();
    let keys = living().with_beside(found(&value.id, Some(&value.sealed)));
    assert_eq!(read(record(&payload, keys)), Err(PersonalFault::Moved));
}

#[test]
fn an_older_shape_is_upcast_open_and_its_copies_are_sealed_where_they_are() {
    let (payload, value) = sealed("Ada");
    let mut older = record(
        &payload,
        living().with_beside(found(&value.id, Some(&value.sealed))),
    );
    older.schema_version = 1;
    let name = read(older.clone()).unwrap();
    assert_eq!(name.value().unwrap(), "ADA");
    assert!(serde_json::to_value(&name).unwrap()["$sealed"].is_string());

    older.keys = erased();
    assert!(read(older).unwrap().is_erased());
}

#[test]
fn the_same_append_tried_again_has_the_same_bytes_and_the_same_value_beside() {
    assert_eq!(sealed("Ada"), sealed("Ada"));
}

#[test]
fn a_value_too_large_to_be_kept_beside_the_log_is_refused() {
    let refused = sealed_as(&"a".repeat(limits::SIDE_VALUE_BYTES), EVENT).unwrap_err();
    assert!(
        matches!(refused, PersonalFault::TooLarge { bytes } if bytes > limits::SIDE_VALUE_BYTES)
    );
}

#[test]
fn an_event_names_what_is_beside_it_in_every_format() {
    let (payload, value) = sealed("Ada");
    let json = record(&payload, Keys::default());
    assert_eq!(side_ids_of(&json), std::slice::from_ref(&value.id));

    let document: Value = serde_json::from_str(&payload).unwrap();
    let mut packed = json;
    packed.content_type = ContentType::messagepack();
    let joined = payload::read::<Member>("Joined", Payload::Value(document)).unwrap();
    packed.data = payload::write(&joined, payload::Format::MessagePack)
        .unwrap()
        .into();
    assert_eq!(side_ids_of(&packed), [value.id]);

    let none = r#"{"user":"$beside","name":{"$beside":7},"city":null}"#;
    assert_eq!(side_ids_of(&record(none, Keys::default())), []);
    assert_eq!(
        side_ids_of(&record("no JSON: $beside", Keys::default())),
        []
    );
}

#[test]
fn what_is_brought_inside_is_read_as_what_is_beside() {
    let (payload, value) = sealed("Ada");
    let mut payload: Value = serde_json::from_str(&payload).unwrap();
    bring_inside(&mut payload, std::slice::from_ref(&value));
    let name = read(record(&payload.to_string(), living())).unwrap();
    assert_eq!(name.value().unwrap(), "Ada");
    assert_eq!(serde_json::to_value(&name).unwrap(), payload["name"]);
}

#[test]
fn a_name_that_is_cut_is_malformed() {
    let (_, value) = sealed("Ada");
    let text = value.id.to_string();
    assert_eq!(SideId::parse(&text), Some(value.id));
    for malformed in [&text[..text.len() - 2], "user-7", "~", "", "user-7~%"] {
        let copy = serde_json::from_value::<Personal<String>>(json!({ "$beside": malformed }));
        assert!(copy.is_err(), "{malformed}");
    }
}

proptest! {
    #[test]
    fn any_value_survives_being_kept_beside_the_log(text in ".{0,40}") {
        let (payload, value) = sealed(&text);
        let keys = living().with_beside(found(&value.id, Some(&value.sealed)));
        let name = read(record(&payload, keys)).unwrap();
        prop_assert_eq!(name.value(), Ok(&text));
    }
}
