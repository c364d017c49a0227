//! A service does not start with events by hand whose older versions do not come to the newest.

use annals::payload::{self, Payload};
use annals::{Annals, EncodeError, Event, EventSchema, Projection, ReadModel, Recorded, Upcaster};
use serde::{Deserialize, Serialize};

/// Its upcasters lead nowhere.
#[derive(Serialize, Deserialize)]
enum AccountEvent {
    Opened,
}

impl Event for AccountEvent {
    const SCHEMAS: &'static [EventSchema] =
        &[EventSchema::new("AccountOpened", "Opened").at(3, &[Upcaster::json(2, |it| it)])];

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

#[derive(ReadModel, Clone)]
#[read_model(table = "accounts")]
struct Account {
    #[key]
    id: String,
}

impl Projection for Account {
    type Event = AccountEvent;

    fn keys(_: &Recorded<AccountEvent>) -> Vec<String> {
        Vec::new()
    }

    fn fold(row: Option<Self>, _: &String, _: &Recorded<AccountEvent>) -> Option<Self> {
        row
    }
}

#[tokio::test]
async fn a_missing_step_is_named_when_the_service_starts() {
    let declared = Annals::in_memory().projection::<Account>();
    let refusal = declared
        .start()
        .await
        .err()
        .map(|refusal| refusal.to_string());
    let told = "the upcasters of AccountOpened: there is none from version 1";
    assert_eq!(refusal.as_deref(), Some(told));
}
