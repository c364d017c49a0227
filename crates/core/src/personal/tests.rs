use std::collections::HashSet;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::event::{ContentType, RecordedEvent};
use crate::ids::{AppendId, EventId};
use crate::metadata::Metadata;
use crate::payload::{self, Payload};
use crate::position::{Position, StreamVersion};
use crate::stream::StreamId;
use crate::typed_event::{EncodeError, Event, EventSchema};

/// An event with two personal fields about one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Member {
    Joined {
        user: String,
        name: Personal<Value>,
        nickname: Option<Personal<Value>>,
    },
}

impl Event for Member {
    const SCHEMAS: &'static [EventSchema] = &[EventSchema::new("MemberJoined", "Joined")];

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
        let Self::Joined {
            user,
            name,
            nickname,
        } = self;
        let field = |name, value| PersonalField {
            name,
            subject: user.clone(),
            kept: Kept::InEvent,
            value,
        };
        vec![field("name", name), field("nickname", nickname)]
    }
}

fn joined(name: Value) -> Member {
    Member::Joined {
        user: "user-7".to_owned(),
        name: Personal::new(name),
        nickname: None,
    }
}

fn subject() -> SubjectId {
    SubjectId::new("user-7").unwrap()
}

fn key(byte: u8) -> SubjectKey {
    SubjectKey::Living(Arc::new(DataKey::from_bytes([byte; 32])))
}

/// Where an event is recorded, and what key its reader has.
#[derive(Clone)]
struct Place {
    stream: StreamId,
    event: EventId,
    key: SubjectKey,
}

fn place() -> Place {
    Place {
        stream: "Member-1".parse().unwrap(),
        event: EventId(Uuid::from_u128(2)),
        key: key(7),
    }
}

impl Place {
    fn keys(&self) -> Keys {
        Keys::of(vec![(subject(), self.key.clone())])
    }

    fn seal(&self, mut event: Member) -> Result<String, PersonalFault> {
        let origin = Origin {
            stream: &self.stream,
            event: self.event,
        };
        seal_event(&mut event, &self.keys(), &origin, &mut Vec::new())
            .map_err(|(_, fault)| fault)?;
        Ok(String::from_utf8(event.encode().unwrap()).unwrap())
    }

    fn open(&self, payload: &str) -> Result<Member, PersonalFault> {
        let schema = &Member::SCHEMAS[0];
        let mut event =
            Member::decode(schema, 1, Payload::Json(payload.as_bytes().into())).unwrap();
        open_event(&mut event, &self.record(payload)).map_err(|(_, fault)| fault)?;
        Ok(event)
    }

    fn record(&self, payload: &str) -> RecordedEvent {
        RecordedEvent {
            position: Position(5),
            stream: self.stream.clone(),
            version: StreamVersion(1),
            id: self.event,
            append: AppendId(Uuid::nil()),
            event_type: "MemberJoined".to_owned().try_into().unwrap(),
            schema_version: 1,
            content_type: ContentType::json(),
            data: payload.as_bytes().to_vec().into(),
            tags: vec![],
            metadata: Metadata::default(),
            recorded_at: jiff::Timestamp::UNIX_EPOCH,
            keys: self.keys(),
        }
    }
}

fn name_of(event: &Member) -> &Personal<Value> {
    let Member::Joined { name, .. } = event;
    name
}

fn sealed_ada() -> String {
    place().seal(joined(json!("Ada"))).unwrap()
}

/// The text of the one sealed value of a payload.
fn sealed_text(payload: &str) -> String {
    let payload: Value = serde_json::from_str(payload).unwrap();
    payload["name"]["$sealed"].as_str().unwrap().to_owned()
}

#[test]
fn a_value_opens_at_the_place_it_was_sealed_for() {
    let payload = sealed_ada();
    assert!(!payload.contains("Ada"));
    let opened = place().open(&payload).unwrap();
    assert_eq!(name_of(&opened).value(), Ok(&json!("Ada")));
    assert_eq!(name_of(&opened).subject(), Some(&subject()));
}

#[test]
fn a_value_does_not_open_in_another_event_or_stream() {
    let payload = sealed_ada();
    let elsewhere = [
        Place {
            event: EventId(Uuid::from_u128(3)),
            ..place()
        },
        Place {
            stream: "Member-2".parse().unwrap(),
            ..place()
        },
    ];
    for place in elsewhere {
        assert_eq!(place.open(&payload), Err(PersonalFault::Moved));
    }
}

#[test]
fn a_value_does_not_open_in_another_field() {
    let moved = sealed_ada()
        .replace("\"nickname\":null", "")
        .replace("\"name\"", "\"nickname\"");
    let moved = moved.replace("},}", "},\"name\":{\"$erased\":\"user-7\"}}");
    assert_eq!(place().open(&moved), Err(PersonalFault::Moved));
}

#[test]
fn a_value_of_one_person_does_not_open_as_that_of_another() {
    let moved = sealed_ada().replace("\"user-7\"", "\"user-8\"");
    let mut event = place();
    event.key = key(7);
    let mut record = event.record(&moved);
    let other = SubjectId::new("user-8").unwrap();
    record.keys = Keys::of(vec![(other, key(7))]);
    let schema = &Member::SCHEMAS[0];
    let payload = Payload::Json(moved.as_bytes().into());
    let mut read = Member::decode(schema, 1, payload).unwrap();
    let refused = open_event(&mut read, &record).unwrap_err();
    assert_eq!(refused, ("name", PersonalFault::Moved));
}

#[test]
fn a_value_stays_sealed_under_another_key() {
    let other = Place {
        key: key(8),
        ..place()
    };
    let sealed = other.open(&sealed_ada()).unwrap();
    let undisclosed = Err(Undisclosed::Sealed(subject()));
    assert_eq!(name_of(&sealed).value(), undisclosed);
}

#[test]
fn a_value_whose_key_was_destroyed_is_erased_and_stays_so_where_it_is_written() {
    let erased = Place {
        key: SubjectKey::Erased,
        ..place()
    };
    let opened = erased.open(&sealed_ada()).unwrap();
    assert_eq!(
        name_of(&opened).value(),
        Err(Undisclosed::Erased(subject()))
    );
    let written = serde_json::to_value(name_of(&opened)).unwrap();
    assert_eq!(written, json!({"$erased": "user-7"}));
    let read: Personal<Value> = serde_json::from_value(written).unwrap();
    assert!(read.is_erased());
}

#[test]
fn nothing_is_sealed_for_a_person_who_was_forgotten_or_has_no_key() {
    let erased = Place {
        key: SubjectKey::Erased,
        ..place()
    };
    let refused = erased.seal(joined(json!("Ada")));
    assert_eq!(refused, Err(PersonalFault::Erased(subject())));
    let mut event = joined(json!("Ada"));
    let place = place();
    let origin = Origin {
        stream: &place.stream,
        event: place.event,
    };
    let refused = seal_event(&mut event, &Keys::default(), &origin, &mut Vec::new());
    assert_eq!(refused, Err(("name", PersonalFault::NoKey(subject()))));
}

fn bytes(text: &str) -> Vec<u8> {
    let (_, bytes) = text.rsplit_once('~').unwrap();
    BASE64.decode(bytes).unwrap()
}

fn copy(text: &str) -> Result<Personal<Value>, serde_json::Error> {
    serde_json::from_value(json!({ "$sealed": text }))
}

fn copy_of(bytes: &[u8]) -> Result<Personal<Value>, serde_json::Error> {
    copy(&format!("user-7~{}", BASE64.encode(bytes)))
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    let sealed = bytes(&sealed_text(&sealed_ada()));
    assert_eq!(
        copy_of(&sealed)
            .unwrap()
            .disclose(&key(7), &FoundBeside::nothing()),
        Ok(())
    );
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let copy = copy_of(&flipped);
        if bit / 8 == 0 {
            assert!(copy.is_err(), "bit {bit}");
            continue;
        }
        let mut copy = copy.unwrap();
        let opened = copy.disclose(&key(7), &FoundBeside::nothing());
        match bit / 8 {
            // It names another key.
            1..17 => assert_eq!((opened, copy.known()), (Ok(()), None), "bit {bit}"),
            _ => assert_eq!(opened, Err(PersonalFault::Forged), "bit {bit}"),
        }
    }
}

#[test]
fn a_copy_does_not_open_for_another_person() {
    let text = sealed_text(&sealed_ada()).replace("user-7~", "user-8~");
    assert_eq!(
        copy(&text)
            .unwrap()
            .disclose(&key(7), &FoundBeside::nothing()),
        Err(PersonalFault::Forged)
    );
}

#[test]
fn what_is_cut_or_of_a_newer_format_is_malformed() {
    let text = sealed_text(&sealed_ada());
    let newer = [&[2], &bytes(&text)[1..]].concat();
    let malformed = "a sealed value is malformed";
    let refused = copy_of(&newer).unwrap_err().to_string();
    assert!(refused.starts_with(malformed), "{refused}");
    for malformed in [&text[..40], "user-7", "~", "", "user-7~%"] {
        assert!(copy(malformed).is_err(), "{malformed}");
    }
    let more = json!({"$sealed": text, "more": 1}).to_string();
    let refused = serde_json::from_str::<Personal<Value>>(&more).unwrap_err();
    let refused = refused.to_string();
    assert!(
        refused.starts_with("a sealed value has another field"),
        "{refused}"
    );
}

#[test]
fn a_value_that_is_copied_into_another_event_opens_there() {
    let opened = place().open(&sealed_ada()).unwrap();
    let elsewhere = Place {
        event: EventId(Uuid::from_u128(3)),
        ..place()
    };
    let copied = elsewhere.seal(opened).unwrap();
    let opened = elsewhere.open(&copied).unwrap();
    assert_eq!(name_of(&opened).value(), Ok(&json!("Ada")));
}

#[test]
fn what_cannot_be_sealed_anew_is_not_recorded() {
    let schema = &Member::SCHEMAS[0];
    let read = |payload: &str| Member::decode(schema, 1, Payload::Json(payload.as_bytes().into()));
    // Such a request could come from anywhere.
    let closed = read(&sealed_ada()).unwrap();
    assert_eq!(place().seal(closed), Err(PersonalFault::Closed));
    let erased = read(r#"{"user":"user-7","name":{"$erased":"user-8"}}"#).unwrap();
    let other = SubjectId::new("user-8").unwrap();
    assert_eq!(place().seal(erased), Err(PersonalFault::Erased(other)));
}

#[test]
fn nothing_that_is_read_can_claim_to_be_open() {
    let sealed = json!({ "$sealed": sealed_text(&sealed_ada()) });
    let forged = json!({ "$open": [sealed, "Mallory"] });
    let read = serde_json::from_value::<Personal<String>>(forged);
    // It is taken for a value from before the field was personal, which is no text.
    let refused = read.unwrap_err().to_string();
    assert_eq!(refused, "a personal value is of another shape");
}

#[test]
fn values_are_equal_if_they_say_the_same() {
    let opened = place().open(&sealed_ada()).unwrap();
    assert_eq!(name_of(&opened), &Personal::new(json!("Ada")));
    assert_ne!(name_of(&opened), &Personal::new(json!("Eve")));
    let erased = Personal::<Value>::erased(subject());
    assert_ne!(name_of(&opened), &erased);
    assert_eq!(erased, Personal::erased(subject()));
}

#[test]
fn the_same_append_tried_again_has_the_same_bytes() {
    assert_eq!(sealed_ada(), sealed_ada());
}

#[test]
fn two_values_never_share_a_nonce() {
    let mut nonces = HashSet::new();
    let nonce = |payload: &str| bytes(&sealed_text(payload))[33..45].to_vec();
    for number in 0..100 {
        let here = place().seal(joined(json!(number))).unwrap();
        assert!(nonces.insert(nonce(&here)), "{number}");
        let elsewhere = Place {
            event: EventId(Uuid::from_u128(100 + number)),
            ..place()
        };
        let there = elsewhere.seal(joined(json!(0))).unwrap();
        assert!(nonces.insert(nonce(&there)), "{number}");
    }
}

#[test]
fn neither_debug_nor_an_error_shows_the_value() {
    let plain = joined(json!("Ada"));
    let opened = place().open(&sealed_ada()).unwrap();
    let unsealed = plain.encode().unwrap_err();
    let closed: Personal<u64> =
        serde_json::from_value(json!({"$sealed": sealed_text(&sealed_ada())})).unwrap();
    let misshapen = closed
        .clone()
        .disclose(&key(7), &FoundBeside::nothing())
        .unwrap_err();
    let of_another_shape = serde_json::from_str::<Personal<u64>>("\"Ada\"").unwrap_err();
    for shown in [
        format!("{plain:?} {opened:?} {closed:?}"),
        format!("{unsealed} {unsealed:?}"),
        format!("{misshapen} {misshapen:?}"),
        format!("{of_another_shape} {of_another_shape:?}"),
    ] {
        assert!(!shown.contains("Ada"), "{shown}");
    }
}

#[test]
fn the_stored_form_never_changes() {
    // The key is 32 times 7, the place is that of these tests. See docs/format/personal.md.
    let golden = "user-7~AXG_ucIYqJGhck1IIgz7As5eipFu5lZ3XdqqyAN-5oabOKdNFRVCy136xCWKdi0DmCtcVZ0vCPnwpyzyBqsU6bVc";
    assert_eq!(sealed_text(&sealed_ada()), golden);
    let payload = json!({"user": "user-7", "name": {"$sealed": golden}}).to_string();
    let opened = place().open(&payload).unwrap();
    assert_eq!(name_of(&opened).value(), Ok(&json!("Ada")));
}

/// Any JSON value, but for fractions: those that are not finite have no JSON form.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(".{0,8}", inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_survives_being_sealed_opened_and_copied(name in any_json(), nickname in any_json()) {
        let event = Member::Joined {
            user: "user-7".to_owned(),
            name: Personal::new(name.clone()),
            nickname: Some(Personal::new(nickname.clone())),
        };
        let opened = place().open(&place().seal(event).unwrap()).unwrap();
        let Member::Joined { name: read, nickname: Some(other), .. } = &opened else {
            return Err(TestCaseError::fail("the nickname is lost"));
        };
        prop_assert_eq!(read.value(), Ok(&name));
        prop_assert_eq!(other.value(), Ok(&nickname));
        let copy = serde_json::to_string(read).unwrap();
        let mut copy: Personal<Value> = serde_json::from_str(&copy).unwrap();
        prop_assert_eq!(copy.value(), Err(Undisclosed::Sealed(subject())));
        copy.disclose(&key(7), &FoundBeside::nothing()).unwrap();
        prop_assert_eq!(copy, read.clone());
    }

    #[test]
    fn a_value_from_before_it_was_personal_is_read_as_it_is(name in any_json()) {
        let is_marked = |value: &Value| value.get("$sealed").or(value.get("$erased")).is_some();
        prop_assume!(!is_marked(&name));
        let document = name.to_string();
        let read: Personal<Value> = serde_json::from_str(&document).unwrap();
        prop_assert_eq!(read.value(), Ok(&name));
    }
}
