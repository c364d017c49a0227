use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::decode::{DecodeFault, decode};
use crate::ids::{AppendId, EventId};
use crate::metadata::Metadata;
use crate::personal::Keys;
use crate::position::{Position, StreamVersion};
use crate::typed_event::Event;
use crate::upcast::Upcaster;

#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
enum Measured {
    Nothing,
    Everything {
        small: i8,
        large: i64,
        whole: u64,
        real: f64,
        letter: char,
        text: String,
        maybe: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left_out: Option<String>,
        pair: (bool, u16),
        unit_kind: Kind,
        tuple_kind: Kind,
        struct_kind: Kind,
        by_number: BTreeMap<u32, String>,
        id: Uuid,
        bytes: Octets,
    },
    Held(Inner),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Kind {
    Unit,
    Tuple(i32, Option<String>),
    Struct { inner: Vec<Inner> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Inner {
    at: Option<i64>,
    #[serde(flatten)]
    rest: BTreeMap<String, bool>,
}

/// Bytes as formats know them, where one does.
#[derive(Debug, Clone, PartialEq)]
struct Octets(Vec<u8>);

impl Serialize for Octets {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OctetsVisitor;
        impl<'de> Visitor<'de> for OctetsVisitor {
            type Value = Octets;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Octets, E> {
                Ok(Octets(bytes.to_vec()))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Octets, A::Error> {
                let numbers = de::value::SeqAccessDeserializer::new(seq);
                Vec::deserialize(numbers).map(Octets)
            }
        }
        deserializer.deserialize_byte_buf(OctetsVisitor)
    }
}

fn inner() -> impl Strategy<Value = Inner> {
    let rest = prop::collection::btree_map("[a-z]{3,5}", any::<bool>(), 0..3);
    (any::<Option<i64>>(), rest).prop_map(|(at, rest)| Inner { at, rest })
}

fn measured() -> impl Strategy<Value = Measured> {
    let numbers = (
        any::<i8>(),
        any::<i64>(),
        any::<u64>(),
        -1e300..1e300_f64,
        any::<Option<u32>>(),
        any::<(bool, u16)>(),
    );
    let texts = (any::<char>(), ".{0,20}", any::<Option<String>>());
    let kinds = (
        (any::<i32>(), any::<Option<String>>()).prop_map(|(a, b)| Kind::Tuple(a, b)),
        prop::collection::vec(inner(), 0..3).prop_map(|inner| Kind::Struct { inner }),
    );
    let others = (
        prop::collection::btree_map(any::<u32>(), ".{0,5}", 0..4),
        any::<u128>().prop_map(Uuid::from_u128),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Octets),
    );
    let everything = (numbers, texts, kinds, others).prop_map(|(numbers, texts, kinds, others)| {
        let (small, large, whole, real, maybe, pair) = numbers;
        let (letter, text, left_out) = texts;
        let (tuple_kind, struct_kind) = kinds;
        let (by_number, id, bytes) = others;
        Measured::Everything {
            small,
            large,
            whole,
            real,
            letter,
            text,
            maybe,
            left_out,
            pair,
            unit_kind: Kind::Unit,
            tuple_kind,
            struct_kind,
            by_number,
            id,
            bytes,
        }
    });
    prop_oneof![
        1 => Just(Measured::Nothing),
        1 => inner().prop_map(Measured::Held),
        8 => everything,
    ]
}

fn variant(event: &Measured) -> &'static str {
    match event {
        Measured::Nothing => "Nothing",
        Measured::Everything { .. } => "Everything",
        Measured::Held(_) => "Held",
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_in_either_format_reads_back(event in measured()) {
        let json = Payload::Json(write(&event, Format::Json).unwrap().into());
        prop_assert_eq!(&read::<Measured>(variant(&event), json).unwrap(), &event);
        let packed = Payload::MessagePack(write(&event, Format::MessagePack).unwrap().into());
        prop_assert_eq!(&read::<Measured>(variant(&event), packed).unwrap(), &event);
    }

    #[test]
    fn upcasting_sees_the_same_values_in_either_format(event in measured()) {
        let json = Payload::Json(write(&event, Format::Json).unwrap().into());
        let packed = Payload::MessagePack(write(&event, Format::MessagePack).unwrap().into());
        let values = packed.into_value().unwrap();
        prop_assert_eq!(&values, &json.into_value().unwrap());
        prop_assert_eq!(&read::<Measured>(variant(&event), Payload::Value(values)).unwrap(), &event);
    }

    #[test]
    fn no_bytes_make_reading_messagepack_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let payload = || Payload::MessagePack(Cow::from(&bytes));
        let _ = payload().into_value();
        let _ = read::<Measured>("Everything", payload());
    }

    #[test]
    fn what_is_compressed_inflates_and_no_damage_to_it_goes_unnoticed(
        text in "[a-c ]{1024,3000}",
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let mut compressed = compression::compress(text.as_bytes()).unwrap();
        prop_assert!(compressed.len() < text.len());
        prop_assert_eq!(compression::inflate(&compressed).unwrap(), text.as_bytes());
        // What tells how and where it was made, in the first ten bytes, is not looked at.
        let at = 10 + at.index(compressed.len() - 10);
        compressed[at] ^= 1 << bit;
        // The bits that fill up the last byte of what is compressed mean nothing.
        let inflated = compression::inflate(&compressed);
        prop_assert!(inflated.is_err() || inflated.as_deref() == Ok(text.as_bytes()));
        // What the last bytes of the rest tell is anything.
        let cut = compression::inflate(&compressed[..at]);
        let is_refused = matches!(cut, Err(Unreadable::Damaged | Unreadable::TooLarge));
        prop_assert!(is_refused, "{:?}", cut);
    }
}

/// Written compressed; once as JSON with another name for its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Report {
    Filed { text: String },
}

impl Event for Report {
    const SCHEMAS: &'static [EventSchema] = &[EventSchema::new("ReportFiled", "Filed")
        .at(
            2,
            &[Upcaster::json(1, |mut payload| {
                let words = payload["words"].take();
                json!({ "text": words })
            })],
        )
        .as_messagepack()
        .compressed()];

    fn schema(&self) -> &'static EventSchema {
        &Self::SCHEMAS[0]
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        Ok(write(self, self.schema().format)?)
    }

    fn decode(schema: &EventSchema, _: u32, payload: Payload<'_>) -> Result<Self, Error> {
        read(schema.variant, payload)
    }
}

fn report(length: usize) -> Report {
    Report::Filed {
        text: "x".repeat(length),
    }
}

fn recorded(version: u32, content_type: &str, data: Vec<u8>) -> RecordedEvent {
    RecordedEvent {
        position: Position(5),
        stream: "Report-1".parse().unwrap(),
        version: StreamVersion(1),
        id: EventId(Uuid::nil()),
        append: AppendId(Uuid::nil()),
        event_type: "ReportFiled".to_owned().try_into().unwrap(),
        schema_version: version,
        content_type: ContentType::new(content_type).unwrap(),
        data: data.into(),
        tags: vec![],
        metadata: Metadata::default(),
        recorded_at: jiff::Timestamp::UNIX_EPOCH,
        keys: Keys::default(),
    }
}

fn appended(event: &Report) -> (String, Vec<u8>) {
    let new = event.to_new(EventId(Uuid::nil()), Metadata::default());
    let new = new.unwrap();
    (new.content_type.to_string(), new.data.to_vec())
}

#[test]
fn an_event_is_compressed_from_a_kibibyte_on_and_says_so() {
    for (length, content_type) in [
        (10, "application/msgpack"),
        // The map, its one name and the length of the text take 9 bytes.
        (1024 - 10, "application/msgpack"),
        (1024 - 9, "application/msgpack+gzip"),
        (1 << 20, "application/msgpack+gzip"),
    ] {
        let event = report(length);
        let (told, data) = appended(&event);
        assert_eq!(told, content_type, "{length}");
        let read = decode::<Report>(recorded(2, &told, data)).unwrap();
        assert_eq!(read[0].event, event);
    }
}

#[test]
fn the_same_append_tried_again_has_the_same_bytes() {
    assert_eq!(appended(&report(5_000)), appended(&report(5_000)));
}

#[test]
fn a_payload_that_compression_does_not_make_smaller_stays_as_it_is() {
    let noise: Vec<u8> = (0..64_u32)
        .flat_map(|number| *blake3::hash(&number.to_le_bytes()).as_bytes())
        .collect();
    assert_eq!(compression::compress(&noise), None);
}

#[test]
fn an_older_version_is_upcast_from_whatever_format_it_is_in() {
    let older = json!({"words": "hi"});
    let expected = Report::Filed {
        text: "hi".to_owned(),
    };
    for (content_type, data) in [
        ("application/json", serde_json::to_vec(&older).unwrap()),
        (
            "text/json; charset=utf-8",
            serde_json::to_vec(&older).unwrap(),
        ),
        (
            "Application/vnd.bank+JSON",
            serde_json::to_vec(&older).unwrap(),
        ),
        ("application/msgpack", rmp_serde::to_vec(&older).unwrap()),
        (
            "application/vnd.msgpack",
            rmp_serde::to_vec(&older).unwrap(),
        ),
        ("application/x-msgpack", rmp_serde::to_vec(&older).unwrap()),
    ] {
        let read = decode::<Report>(recorded(1, content_type, data)).unwrap();
        assert_eq!(read[0].event, expected, "{content_type}");
    }
}

fn fault(content_type: &str, data: Vec<u8>) -> DecodeFault {
    decode::<Report>(recorded(2, content_type, data))
        .unwrap_err()
        .fault
}

#[test]
fn content_that_is_not_read_here_is_named() {
    for content_type in [
        "text/plain",
        "image/png",
        "application/json+br",
        "json",
        "+gzip",
    ] {
        let fault = fault(content_type, b"{}".to_vec());
        let unreadable = Unreadable::ContentType(ContentType::new(content_type).unwrap());
        assert!(
            matches!(&fault, DecodeFault::Unreadable(it) if *it == unreadable),
            "{content_type}: {fault}"
        );
    }
}

#[test]
fn what_goes_on_behind_a_payload_is_refused_in_either_format() {
    let event = report(1);
    for (content_type, format) in [
        ("application/json", Format::Json),
        ("application/msgpack", Format::MessagePack),
    ] {
        let mut data = write(&event, format).unwrap();
        data.push(b'1');
        let fault = fault(content_type, data);
        assert!(matches!(fault, DecodeFault::Payload(_)), "{fault}");
    }
}

#[test]
fn messagepack_that_is_nested_too_deep_is_refused_as_json_is() {
    let mut deep = vec![0x91; 100_000];
    deep.push(0xc0);
    let refused = Payload::MessagePack(deep.into()).into_value().unwrap_err();
    assert_eq!(refused.to_string(), "depth limit exceeded");
}

fn inflated(length: usize) -> Result<usize, Unreadable> {
    let compressed = compression::compress(&vec![b'x'; length]).unwrap();
    compression::inflate(&compressed).map(|payload| payload.len())
}

#[test]
fn a_payload_inflates_to_at_most_the_limit() {
    let limit = limits::INFLATED_BYTES;
    assert_eq!(inflated(limit - 1), Ok(limit - 1));
    assert_eq!(inflated(limit), Ok(limit));
    assert_eq!(inflated(limit + 1), Err(Unreadable::TooLarge));
}

#[test]
fn a_bomb_that_tells_a_small_length_is_stopped_at_that() {
    let mut bomb = compression::compress(&vec![b'x'; limits::INFLATED_BYTES + 1]).unwrap();
    let end = bomb.len() - 4;
    bomb[end..].copy_from_slice(&100_u32.to_le_bytes());
    assert_eq!(compression::inflate(&bomb), Err(Unreadable::Damaged));
}

#[test]
fn what_follows_the_compressed_bytes_is_refused() {
    let whole = compression::compress(&[b'x'; 2_000]).unwrap();
    let twice = [&whole[..], &whole[..]].concat();
    assert_eq!(compression::inflate(&twice), Err(Unreadable::Damaged));
    assert_eq!(compression::inflate(b""), Err(Unreadable::Damaged));
}

#[test]
fn a_payload_over_the_limit_is_refused_before_it_is_compressed() {
    let schema = &Report::SCHEMAS[0];
    let taken = |bytes: usize| stored(schema, vec![b'x'; bytes]).map(|(_, data)| data.len());
    let limit = limits::INFLATED_BYTES;
    assert!(taken(limit - 1).is_ok());
    assert!(taken(limit).is_ok());
    let refused = taken(limit + 1).unwrap_err();
    assert!(matches!(refused, EncodeError::TooLarge { bytes } if bytes == limit + 1));
}
