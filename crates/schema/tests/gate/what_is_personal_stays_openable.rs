//! Samples of personal data are sealed like the real thing, so they prove that it stays openable.

use annals_core::payload::{self, Payload};
use annals_core::{EncodeError, Event, EventSchema, Personal, PersonalField, Upcaster};
use serde_json::{Value, json};

use crate::events::{Schemas, part};

/// Events that tell a name, which is personal, at a version.
macro_rules! registered {
    ($events:ident, $field:ident, $schema:expr) => {
        part! { enum $events { Registered { user: String, $field: Personal<String> } } }

        impl Event for $events {
            const SCHEMAS: &'static [EventSchema] = &[$schema];

            fn schema(&self) -> &'static EventSchema {
                &Self::SCHEMAS[0]
            }

            fn encode(&self) -> Result<Vec<u8>, EncodeError> {
                Ok(payload::to_json(self)?)
            }

            fn decode(
                schema: &EventSchema,
                _version: u32,
                payload: Payload<'_>,
            ) -> Result<Self, payload::Error> {
                payload::read(schema.variant, payload)
            }

            fn subjects(&self) -> Vec<String> {
                let Self::Registered { user, .. } = self;
                vec![user.clone()]
            }

            fn personal_fields(&mut self) -> Vec<PersonalField<'_>> {
                let Self::Registered { user, $field } = self;
                vec![PersonalField {
                    name: stringify!($field),
                    subject: user.clone(),
                    value: $field,
                }]
            }
        }

        impl $events {
            fn sample() -> [Self; 1] {
                let $field = Personal::new("Ada".to_owned());
                [Self::Registered {
                    user: "user-7".to_owned(),
                    $field,
                }]
            }
        }
    };
}

const REGISTERED: EventSchema = EventSchema::new("Registered", "Registered");

registered!(First, name, REGISTERED);
registered!(
    Second,
    full_name,
    REGISTERED.at(2, &[Upcaster::json(1, rename)])
);
registered!(
    Elsewhere,
    full_name,
    REGISTERED.at(2, &[Upcaster::json(1, shout)])
);

fn rename(payload: Value) -> Value {
    json!({ "user": payload["user"], "full_name": payload["name"] })
}

fn shout(payload: Value) -> Value {
    let name = payload["name"].as_str().map(str::to_uppercase);
    json!({ "user": payload["user"], "full_name": name })
}

#[test]
fn samples_are_sealed_and_the_same_each_time() {
    let schemas = Schemas::of(First::sample());
    let sample = schemas.read("Registered/v1.sample.json");
    assert!(sample.contains("\"$sealed\": \"user-7~"), "{sample}");
    assert!(!sample.contains("Ada"));
    assert_eq!(schemas.accept(First::sample()).unwrap(), [""; 0]);
    assert_eq!(schemas.passed(First::sample()), "");
    assert!(schemas.read("catalogue.md").contains("- personal: `name`"));
}

#[test]
fn an_older_version_is_opened_and_upcast() {
    let schemas = Schemas::of(First::sample());
    schemas.accept(Second::sample()).unwrap();
    assert_eq!(schemas.passed(Second::sample()), "");
    let refusal = schemas.refused(Elsewhere::sample());
    assert!(
        refusal.contains("  full_name.$sealed: reads otherwise"),
        "{refusal}"
    );
}

#[test]
fn a_sealed_value_that_does_not_open_any_more_is_refused() {
    let schemas = Schemas::of(First::sample());
    let sample = schemas.read("Registered/v1.sample.json");
    let mut json: Value = serde_json::from_str(&sample).unwrap();
    let sealed = json["payload"]["name"]["$sealed"].as_str().unwrap();
    json["payload"]["name"]["$sealed"] = format!("{}AAAA", &sealed[..sealed.len() - 4]).into();
    schemas.write("Registered/v1.sample.json", &json.to_string());
    let refusal = schemas.refused(First::sample());
    let told = "Registered/v1.sample.json is not read any more: field name: its bytes were changed";
    assert!(refusal.contains(told), "{refusal}");
}

mod plain {
    crate::events::events! { Registered { user: String, name: String } }
}

fn plain_sample() -> [plain::Events; 1] {
    let (user, name) = ("user-7".to_owned(), "Ada".to_owned());
    [plain::Events::Registered { user, name }]
}

#[test]
fn a_field_that_is_not_personal_any_more_is_refused() {
    let refusal = Schemas::of(First::sample()).refused(plain_sample());
    let told = "  name: narrowed\n    - personal string\n    + string\n";
    assert!(refusal.contains(told), "{refusal}");
}

#[test]
fn a_field_that_becomes_personal_still_takes_what_was_stored_as_it_was() {
    let schemas = Schemas::of(plain_sample());
    let refusal = schemas.refused(First::sample());
    assert!(!refusal.contains("narrowed"), "{refusal}");
    assert!(
        refusal.contains("  name: reads otherwise\n    - \"Ada\"\n"),
        "{refusal}"
    );
    schemas.accept(First::sample()).unwrap();
    assert_eq!(schemas.passed(First::sample()), "");
}
