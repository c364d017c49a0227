//! What `#[derive(Event)]` promises.

mod stored;

use annals_core::{Event, Tag, decode};
use annals_macros::Event;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use stored::recorded;

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(rename_all_fields = "camelCase")]
enum AccountEvent {
    #[event(name = "AccountOpened")]
    Opened {
        #[event(tag)]
        owner_id: String,
        #[event(tag = "{branch}")]
        #[serde(rename = "branchCode")]
        branch: u32,
        r#type: Option<String>,
    },
    #[event(name = "MoneyDeposited", version = 3, upcast(2 => steps::nest_amount, 1 => add_currency))]
    Deposited(Deposit),
    Frozen,
    r#Yield {},
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Deposit {
    amount: Money,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Money {
    cents: i64,
    currency: String,
}

fn add_currency(mut payload: Value) -> Value {
    payload["currency"] = json!("EUR");
    payload
}

mod steps {
    use serde_json::{Value, json};

    pub(super) fn nest_amount(mut payload: Value) -> Value {
        let (cents, currency) = (payload["amount"].take(), payload["currency"].take());
        json!({ "amount": { "cents": cents, "currency": currency } })
    }
}

fn opened() -> AccountEvent {
    AccountEvent::Opened {
        owner_id: "ann".into(),
        branch: 7,
        r#type: None,
    }
}

fn deposited() -> AccountEvent {
    AccountEvent::Deposited(Deposit {
        amount: Money {
            cents: 5,
            currency: "EUR".into(),
        },
    })
}

#[test]
fn every_variant_reads_back_as_it_was_written() {
    for event in [
        opened(),
        deposited(),
        AccountEvent::Frozen,
        AccountEvent::Yield {},
    ] {
        let schema = event.schema();
        let stored = recorded(schema.name, schema.version, event.encode().unwrap());
        assert_eq!(decode::<AccountEvent>(stored).unwrap()[0].event, event);
    }
}

#[test]
fn a_name_is_that_of_the_variant_unless_declared() {
    let names: Vec<_> = AccountEvent::SCHEMAS.iter().map(|it| it.name).collect();
    assert_eq!(
        names,
        ["AccountOpened", "MoneyDeposited", "Frozen", "Yield"]
    );
}

#[test]
fn a_payload_holds_the_fields_alone() {
    let payload: Value = serde_json::from_slice(&opened().encode().unwrap()).unwrap();
    let expected = json!({ "ownerId": "ann", "branchCode": 7, "type": null });
    assert_eq!(payload, expected);
    assert_eq!(AccountEvent::Frozen.encode().unwrap(), b"{}");
}

#[test]
fn the_oldest_version_is_brought_to_the_newest_step_by_step() {
    let stored = recorded("MoneyDeposited", 1, br#"{"amount": 5}"#.to_vec());
    assert_eq!(
        decode::<AccountEvent>(stored).unwrap()[0].event,
        deposited()
    );
}

#[test]
fn a_version_that_is_not_declared_is_1() {
    let versions: Vec<_> = AccountEvent::SCHEMAS.iter().map(|it| it.version).collect();
    assert_eq!(versions, [1, 3, 1, 1]);
}

#[test]
fn tagged_fields_become_tags_and_others_do_not() {
    let expected = [
        Tag::new("owner_id:ann").unwrap(),
        Tag::new("{branch}:7").unwrap(),
    ];
    assert_eq!(opened().tags().unwrap(), expected);
    assert_eq!(AccountEvent::Frozen.tags().unwrap(), []);
}

#[test]
fn a_value_that_cannot_be_a_tag_is_refused() {
    let event = AccountEvent::Opened {
        owner_id: "line\nbreak".into(),
        branch: 7,
        r#type: None,
    };
    assert!(event.tags().is_err());
}

#[test]
fn the_rust_name_of_a_renamed_variant_is_no_event_type() {
    let stored = recorded("Opened", 1, opened().encode().unwrap());
    let error = decode::<AccountEvent>(stored).unwrap_err();
    assert_eq!(
        error.to_string(),
        "event Opened at position 9: unknown event type"
    );
}
