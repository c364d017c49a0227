//! A compressed payload is read as it was written, and refused where its bytes are not as they were.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use annals_core::payload::{self, Payload, Unreadable};
use annals_core::{
    AppendId, DecodeFault, EncodeError, Event, EventId, EventSchema, Keys, Metadata, NewEvent,
    Position, RecordedEvent, StreamVersion, Timestamp, decode,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Letter {
    Sent { text: String },
}

impl Event for Letter {
    const SCHEMAS: &'static [EventSchema] = &[EventSchema::new("LetterSent", "Sent").compressed()];

    fn schema(&self) -> &'static EventSchema {
        &Self::SCHEMAS[0]
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        Ok(payload::to_json(self)?)
    }

    fn decode(schema: &EventSchema, _: u32, payload: Payload<'_>) -> Result<Self, payload::Error> {
        payload::read(schema.variant, payload)
    }
}

fn letter() -> Letter {
    let text = "as it was written, ".repeat(60);
    Letter::Sent { text }
}

fn written() -> NewEvent {
    let id = EventId(Uuid::nil());
    let written = letter().to_new(id, Metadata::default()).unwrap();
    assert_eq!(written.content_type.as_str(), "application/json+gzip");
    written
}

/// The record of the letter, with these bytes in place of its own.
fn read(data: Vec<u8>) -> Result<Letter, DecodeFault> {
    let written = written();
    let record = RecordedEvent {
        position: Position(1),
        stream: "Letter-1".parse().unwrap(),
        version: StreamVersion(1),
        id: written.id,
        append: AppendId(Uuid::nil()),
        event_type: written.event_type,
        schema_version: written.schema_version,
        content_type: written.content_type,
        data: data.into(),
        tags: Vec::new(),
        metadata: written.metadata,
        recorded_at: Timestamp::UNIX_EPOCH,
        keys: Keys::default(),
    };
    let decoded = decode::<Letter>(record).map_err(|error| error.fault)?;
    Ok(decoded.into_iter().next().unwrap().event)
}

fn is_damaged(data: Vec<u8>) -> bool {
    matches!(
        read(data),
        Err(DecodeFault::Unreadable(Unreadable::Damaged))
    )
}

/// The stored bytes, which tell this length.
fn telling(length: usize) -> Vec<u8> {
    let mut data = written().data.to_vec();
    let end = data.len() - 4;
    data[end..].copy_from_slice(&u32::try_from(length).unwrap().to_le_bytes());
    data
}

#[test]
fn it_is_read_as_it_was_written() {
    assert_eq!(read(written().data.to_vec()).unwrap(), letter());
}

#[test]
fn a_second_member_behind_the_first_is_refused() {
    let data = written().data;
    assert!(is_damaged([&data[..], &data[..]].concat()));
}

#[test]
fn a_length_that_is_not_its_own_is_refused() {
    let length = letter().encode().unwrap().len();
    assert_eq!(read(telling(length)).unwrap(), letter());
    for told in [0, 1, length - 1, length + 1] {
        assert!(is_damaged(telling(told)), "{told} of {length}");
    }
}

/// A retry of an append must hold the same bytes. When this fails, the compressor makes other ones now:
/// all that was stored is still read, but whoever retries an append across that release is told that
/// its id was used for something else. Release notes have to say so, and the bytes here are to follow.
#[test]
fn the_stored_bytes_are_those_of_the_release_before() {
    let hex: String = written()
        .data
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let before = "1f8b08000000000000ffedc8b10900200c04c055c2d74ee0361629d258e8430471775dc2eeab83dba02f\
                  a2a24d0b5a3e7204e9bd984aa5527d2b9c0bce58ea177f040000";
    assert_eq!(hex, before);
}

#[test]
fn bytes_that_another_compressor_made_are_read() {
    // By `gzip -9n`.
    let hex = "1f8b0800000000000203ab562a49ad2851b2524a2c56c82c51280752e545992525a9793a0aa342a342a3\
               42a342341352aa0500ce58ea177f040000";
    let digits = hex
        .as_bytes()
        .chunks(2)
        .map(|it| std::str::from_utf8(it).unwrap());
    let bytes = digits.map(|it| u8::from_str_radix(it, 16).unwrap());
    assert_eq!(read(bytes.collect()).unwrap(), letter());
}
