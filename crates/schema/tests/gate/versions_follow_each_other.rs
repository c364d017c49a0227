//! Versions go up, each with a step from the one before.

use annals_core::{EventSchema, Upcaster};
use annals_schema::SchemaError;
use serde_json::Value;

use crate::events::{Schemas, by_hand, part};

mod first {
    crate::events::events! { Deposited { amount: u64 } }
}

mod second {
    crate::events::events! {
        #[event(version = 2, upcast(1 => super::add_currency))]
        Deposited { amount: u64, currency: String }
    }
}

fn add_currency(mut payload: Value) -> Value {
    payload["currency"] = "USD".into();
    payload
}

fn deposited_first() -> [first::Events; 1] {
    [first::Events::Deposited { amount: 5 }]
}

fn deposited_second() -> [second::Events; 1] {
    let currency = "EUR".to_owned();
    [second::Events::Deposited {
        amount: 5,
        currency,
    }]
}

#[test]
fn a_new_version_is_refused_until_it_is_accepted() {
    let schemas = Schemas::of(deposited_first());
    assert_eq!(
        schemas.refused(deposited_second()),
        "Deposited version 2 is not accepted yet\n  \
         Do: accept it, and commit what that writes together with the code."
    );
    schemas.accept(deposited_second()).unwrap();
    assert_eq!(schemas.passed(deposited_second()), "");
}

#[test]
fn accepting_a_version_records_what_older_ones_are_read_as_now() {
    let schemas = Schemas::of(deposited_first());
    let written = schemas.accept(deposited_second()).unwrap();
    assert_eq!(
        written,
        [
            "Deposited/v1.sample.json",
            "Deposited/v2.json",
            "Deposited/v2.sample.json",
            "catalogue.json",
            "catalogue.md"
        ]
    );
    let first: Value = serde_json::from_str(&schemas.read("Deposited/v1.sample.json")).unwrap();
    assert_eq!(first["payload"], serde_json::json!({ "amount": 5 }));
    assert_eq!(
        first["becomes"],
        serde_json::json!([{
            "event": "Deposited",
            "version": 2,
            "payload": { "amount": 5, "currency": "USD" },
        }])
    );
}

#[test]
fn a_version_does_not_go_back() {
    let schemas = Schemas::of(deposited_first());
    schemas.accept(deposited_second()).unwrap();
    let refusal = schemas.refused(deposited_first());
    assert!(refusal.contains("Deposited is recorded in version 2, and declared in version 1"));
    let not_accepted = schemas.accept(deposited_first()).unwrap_err();
    assert!(
        matches!(not_accepted, SchemaError::Refused(_)),
        "{not_accepted}"
    );
}

part! { enum Gap { Deposited { amount: u64 } } }
by_hand!(Gap: EventSchema::new("Deposited", "Deposited").at(3, &[Upcaster::json(2, add_currency)]));

part! { enum TypedFirst { Deposited { amount: u64 } } }
by_hand!(TypedFirst: EventSchema::new("Deposited", "Deposited")
    .at(3, &[Upcaster::typed(1), Upcaster::json(2, add_currency)]));

part! { enum Beyond { Deposited { amount: u64 } } }
by_hand!(Beyond: EventSchema::new("Deposited", "Deposited").at(1, &[Upcaster::typed(1)]));

#[test]
fn a_missing_upcaster_is_refused() {
    let refusal = Schemas::none().refused([Gap::Deposited { amount: 5 }]);
    let told = "the upcasters of Deposited: there is none from version 1\n";
    assert!(refusal.contains(told), "{refusal}");
}

#[test]
fn a_typed_upcaster_in_front_of_one_on_json_is_refused() {
    let refusal = Schemas::none().refused([TypedFirst::Deposited { amount: 5 }]);
    let told = "the one from version 2 is on JSON, behind a typed one from version 1\n";
    assert!(refusal.contains(told), "{refusal}");
}

#[test]
fn an_upcaster_that_leads_beyond_the_newest_is_refused() {
    let refusal = Schemas::none().refused([Beyond::Deposited { amount: 5 }]);
    let told = "there is one from version 1, which is no older version\n";
    assert!(refusal.contains(told), "{refusal}");
}

part! {
    enum Twice {
        Deposited { amount: u64 },
    }
}
by_hand!(Twice: EventSchema::new("Deposited", "Deposited")
    .at(2, &[Upcaster::json(1, add_currency), Upcaster::json(1, add_currency)]));

#[test]
fn two_upcasters_from_one_version_are_refused() {
    let refusal = Schemas::none().refused([Twice::Deposited { amount: 5 }]);
    let told = "the upcasters of Deposited: there are two from version 1\n";
    assert!(refusal.contains(told), "{refusal}");
}
