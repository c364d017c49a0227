//! One decode path reads every version of an event, and says what it cannot read.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use annals_core::{
    AppendId, DecodeError, DecodeFault, EncodeError, Event, EventId, EventSchema, Keys, Metadata,
    Position, RecordedEvent, StreamVersion, Timestamp, UpcastError, Upcaster, decode, payload,
    payload::Payload,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// Written by hand: a derive writes the same.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
enum Account {
    Closed,
    Deposited {
        amount: u64,
        currency: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paid_by: Option<String>,
    },
    Noted(Note),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Event for Account {
    const SCHEMAS: &'static [EventSchema] = &[
        EventSchema::new("AccountClosed", "Closed"),
        EventSchema::new("MoneyDeposited", "Deposited").at(
            3,
            &[
                Upcaster::json(1, |mut payload| {
                    payload["currency"] = json!("USD");
                    payload
                }),
                Upcaster::json(2, |mut payload| {
                    payload["amount"] = json!(payload["amount"].as_u64().map(|whole| whole * 100));
                    payload
                }),
            ],
        ),
        EventSchema::new("AccountNoted", "Noted").at(2, &[]),
    ];

    fn schema(&self) -> &'static EventSchema {
        match self {
            Self::Closed => &Self::SCHEMAS[0],
            Self::Deposited { .. } => &Self::SCHEMAS[1],
            Self::Noted(_) => &Self::SCHEMAS[2],
        }
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        Ok(payload::to_json(self)?)
    }

    fn decode(schema: &EventSchema, _: u32, payload: Payload<'_>) -> Result<Self, payload::Error> {
        payload::read(schema.variant, payload)
    }
}

fn recorded(name: &str, schema_version: u32, payload: &Value) -> RecordedEvent {
    RecordedEvent {
        position: Position(5),
        stream: "Account-1".parse().unwrap(),
        version: StreamVersion(1),
        id: EventId(Uuid::nil()),
        append: AppendId(Uuid::nil()),
        event_type: name.to_owned().try_into().unwrap(),
        schema_version,
        content_type: annals_core::ContentType::json(),
        data: serde_json::to_vec(payload).unwrap().into(),
        tags: vec![],
        metadata: Metadata::default(),
        recorded_at: Timestamp::UNIX_EPOCH,
        keys: Keys::default(),
    }
}

fn deposited(amount: u64) -> Account {
    Account::Deposited {
        amount,
        currency: "USD".to_owned(),
        paid_by: None,
    }
}

#[test]
fn a_payload_holds_the_fields_alone() {
    let encoded = |event: Account| String::from_utf8(event.encode().unwrap()).unwrap();
    assert_eq!(encoded(Account::Closed), "{}");
    assert_eq!(encoded(deposited(5)), r#"{"amount":5,"currency":"USD"}"#);
    let text = "hi".to_owned();
    assert_eq!(encoded(Account::Noted(Note { text })), r#"{"text":"hi"}"#);
}

#[test]
fn every_kind_of_variant_comes_back() {
    let text = "hi".to_owned();
    for event in [Account::Closed, deposited(5), Account::Noted(Note { text })] {
        let payload = event.encode().unwrap();
        assert_eq!(
            Account::decode(
                event.schema(),
                event.schema().version,
                Payload::Json(payload.into())
            )
            .unwrap(),
            event
        );
    }
}

#[test]
fn each_stored_version_is_read_as_the_newest() {
    let stored = [
        (1, json!({"amount": 5})),
        (2, json!({"amount": 5, "currency": "USD"})),
        (3, json!({"amount": 500, "currency": "USD"})),
    ];
    for (version, payload) in stored {
        let read = decode::<Account>(recorded("MoneyDeposited", version, &payload)).unwrap();
        assert_eq!(read[0].event, deposited(500), "version {version}");
        assert_eq!(read[0].record.schema_version, version);
    }
}

fn fault(name: &str, version: u32, payload: &Value) -> DecodeFault {
    let refused = decode::<Account>(recorded(name, version, payload)).unwrap_err();
    assert_eq!(refused.position, Position(5));
    assert_eq!(refused.event_type, name);
    refused.fault
}

#[test]
fn an_event_newer_than_the_code_says_deploy_first() {
    let newer = fault("MoneyDeposited", 4, &json!({}));
    assert!(matches!(
        newer,
        DecodeFault::Upcast(UpcastError::Newer {
            stored: 4,
            known: 3
        })
    ));
}

#[test]
fn a_missing_step_is_named() {
    let missing = fault("AccountNoted", 1, &json!({"text": "hi"}));
    assert!(matches!(
        missing,
        DecodeFault::Upcast(UpcastError::Missing { from: 1 })
    ));
}

#[test]
fn an_unknown_event_type_is_an_error_and_not_skipped() {
    let unknown = fault("AccountFrozen", 1, &json!({}));
    assert!(matches!(unknown, DecodeFault::UnknownType));
}

#[test]
fn a_payload_of_another_shape_is_an_error() {
    let misfit = fault("MoneyDeposited", 3, &json!({"amount": "much"}));
    assert!(matches!(misfit, DecodeFault::Payload(_)));
}

/// Its name is personal, its version 1 had it in the open.
#[derive(Debug, Serialize, Deserialize)]
enum User {
    Registered { age: u8, kind: Kind },
}

#[derive(Debug, Serialize, Deserialize)]
enum Kind {
    Guest,
}

impl Event for User {
    const SCHEMAS: &'static [EventSchema] = &[EventSchema::new("Registered", "Registered")
        .at(
            2,
            &[Upcaster::json(1, |mut payload| {
                payload["age"] = payload["name"].take();
                payload
            })],
        )
        .with_personal(&["name"])];

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

fn misfit(version: u32, payload: &Value) -> DecodeError {
    decode::<User>(recorded("Registered", version, payload)).unwrap_err()
}

#[test]
fn what_is_said_of_a_misfit_never_quotes_what_may_be_personal() {
    let whole = [
        (1, json!({ "name": "Ada", "kind": "Guest" }), "invalid type"),
        (
            2,
            json!({ "age": 1, "kind": "Ada" }),
            "unknown variant at line 1 column 21",
        ),
        (
            2,
            json!({ "age": "Ada", "kind": "Guest" }),
            "invalid type at line 1 column 12",
        ),
        (
            2,
            json!({ "kind": "Guest" }),
            "missing field at line 1 column 16",
        ),
    ];
    for (version, payload, told) in whole {
        let error = misfit(version, &payload);
        let says = format!("event Registered at position 5: payload does not fit: {told}");
        assert_eq!(error.to_string(), says);
        assert!(!format!("{error:?}").contains("Ada"));
    }
}

#[test]
fn what_is_said_of_a_misfit_in_an_event_with_keys_quotes_nothing() {
    let payload = json!({"amount": "much"});
    let record = RecordedEvent {
        keys: Keys::of(Vec::new()),
        ..recorded("MoneyDeposited", 3, &payload)
    };
    let error = decode::<Account>(record).unwrap_err();
    assert!(!error.to_string().contains("much"), "{error}");
    let plain = fault("MoneyDeposited", 3, &payload);
    assert!(plain.to_string().contains("much"), "{plain}");
}
