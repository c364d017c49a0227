//! A deposit in each of the ways it can be stored.

use std::sync::Arc;

use annals_core::payload::{self, Error, Format, Payload};
use annals_core::{
    AppendId, ContentType, DataKey, EncodeError, Event, EventId, EventSchema, Kept, Keys, Metadata,
    Origin, Personal, PersonalField, Position, RecordedEvent, StreamId, StreamVersion, SubjectId,
    SubjectKey, Timestamp, Upcaster, seal_event,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::steps::{self, First};

/// The event type whose steps are on JSON.
pub(crate) const BY_JSON: &str = "MoneyDeposited";
/// The one whose steps are of types.
pub(crate) const BY_TYPES: &str = "CashDeposited";

pub(crate) const OLDEST: u32 = 1;
pub(crate) const NEWEST: u32 = 4;

const OWNER: &str = "0197a3c2-5a4e-7d3b-9c1e-2f6d8b4a7e10";
const DESCRIPTION: &str = "Salary for November, second half";

/// Money, as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Money {
    pub(crate) value: String,
    pub(crate) currency: String,
}

/// A deposit of which anybody may read everything.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Deposit {
    Made {
        owner: String,
        amount: Money,
        description: Option<String>,
        timestamp: Timestamp,
    },
}

/// The same deposit, whose description is personal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum PersonalDeposit {
    Made {
        owner: String,
        amount: Money,
        description: Option<Personal<String>>,
        timestamp: Timestamp,
    },
}

const STEPS: &[Upcaster] = &[
    Upcaster::json(1, steps::add_currency),
    Upcaster::json(2, steps::nest_amount),
    Upcaster::json(3, steps::rename_time),
];

impl Event for Deposit {
    const SCHEMAS: &'static [EventSchema] = &[
        EventSchema::new(BY_JSON, "Made").at(NEWEST, STEPS),
        EventSchema::new(BY_TYPES, "Made").at(
            NEWEST,
            &[Upcaster::typed(1), Upcaster::typed(2), Upcaster::typed(3)],
        ),
    ];

    fn schema(&self) -> &'static EventSchema {
        &Self::SCHEMAS[0]
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        Ok(payload::to_json(self)?)
    }

    fn decode(schema: &EventSchema, version: u32, payload: Payload<'_>) -> Result<Self, Error> {
        match version {
            OLDEST => payload::read_fields::<First>(payload).map(steps::to_newest),
            _ => payload::read(schema.variant, payload),
        }
    }
}

impl Event for PersonalDeposit {
    const SCHEMAS: &'static [EventSchema] = &[EventSchema::new(BY_JSON, "Made").at(NEWEST, STEPS)];

    fn schema(&self) -> &'static EventSchema {
        &Self::SCHEMAS[0]
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        Ok(payload::to_json(self)?)
    }

    fn decode(schema: &EventSchema, _: u32, payload: Payload<'_>) -> Result<Self, Error> {
        payload::read(schema.variant, payload)
    }

    fn personal_fields(&mut self) -> Vec<PersonalField<'_>> {
        let Self::Made {
            owner, description, ..
        } = self;
        vec![PersonalField {
            name: "description",
            subject: owner.clone(),
            kept: Kept::InEvent,
            value: description,
        }]
    }
}

/// The deposit in its newest version, or its oldest, as JSON.
pub(crate) fn plain(event_type: &str, version: u32) -> RecordedEvent {
    let payload = shape(version, &json!(DESCRIPTION));
    let payload = serde_json::to_vec(&payload).expect("a value is JSON");
    recorded(event_type, version, payload)
}

/// The newest version in MessagePack.
pub(crate) fn packed() -> RecordedEvent {
    let newest = plain(BY_JSON, NEWEST);
    let schema = &Deposit::SCHEMAS[0];
    let payload = Payload::of(&newest).expect("it is JSON");
    let event = Deposit::decode(schema, NEWEST, payload).expect("it is a deposit");
    let payload = payload::write(&event, Format::MessagePack).expect("it has a form");
    RecordedEvent {
        content_type: ContentType::messagepack(),
        ..recorded(BY_JSON, NEWEST, payload)
    }
}

/// The deposit with its description sealed, and the key at hand.
pub(crate) fn sealed(version: u32) -> RecordedEvent {
    let mut record = recorded(BY_JSON, version, vec![]);
    let subject = SubjectId::new(OWNER).expect("it is short");
    let key = SubjectKey::Living(Arc::new(DataKey::from_bytes([7; 32])));
    record.keys = Keys::of(vec![(subject, key)]);
    let origin = Origin {
        stream: &record.stream,
        event: record.id,
    };
    let mut event = PersonalDeposit::Made {
        owner: OWNER.to_owned(),
        amount: Money {
            value: "1250.00".to_owned(),
            currency: "USD".to_owned(),
        },
        description: Some(Personal::new(DESCRIPTION.to_owned())),
        timestamp: Timestamp::UNIX_EPOCH,
    };
    seal_event(&mut event, &record.keys, &origin, &mut Vec::new()).expect("there is a key");
    let PersonalDeposit::Made { description, .. } = &event;
    let description = serde_json::to_value(description).expect("it is sealed");
    let payload = shape(version, &description);
    record.data = serde_json::to_vec(&payload)
        .expect("a value is JSON")
        .into();
    record
}

fn shape(version: u32, description: &Value) -> Value {
    let time = "2026-11-21T18:04:05.123456Z";
    match version {
        OLDEST => json!({
            "owner": OWNER, "amount": "1250.00", "description": description, "time": time,
        }),
        _ => json!({
            "owner": OWNER, "amount": {"value": "1250.00", "currency": "USD"},
            "description": description, "timestamp": time,
        }),
    }
}

fn recorded(event_type: &str, schema_version: u32, payload: Vec<u8>) -> RecordedEvent {
    let stream = StreamId::new("BankAccount", "0197a3c2-5a4e-7d3b-9c1e-2f6d8b4a7e11");
    RecordedEvent {
        position: Position(5),
        stream: stream.expect("it is a stream"),
        version: StreamVersion(1),
        id: EventId(Uuid::from_u128(2)),
        append: AppendId(Uuid::from_u128(3)),
        event_type: event_type.to_owned().try_into().expect("it is short"),
        schema_version,
        content_type: ContentType::json(),
        data: payload.into(),
        tags: vec![],
        metadata: Metadata::default(),
        recorded_at: Timestamp::UNIX_EPOCH,
        keys: Keys::default(),
    }
}
