//! A golden sample of any version is read as what it says; a step that changes is noticed.

use annals_schema::SchemaError;
use serde_json::Value;

use crate::events::Schemas;

mod first {
    crate::events::events! { Deposited { amount: u64 } }
}

/// Version 2 by a step.
macro_rules! second {
    ($step:path) => {
        crate::events::events! {
            #[event(version = 2, upcast(1 => $step))]
            Deposited { cents: u64 }
        }
    };
}

mod right {
    second!(super::in_cents);
}

mod wrong {
    second!(super::as_it_is);
}

mod failing {
    second!(super::nothing);
}

fn in_cents(payload: Value) -> Value {
    let amount = payload["amount"].as_u64().unwrap_or_default();
    serde_json::json!({ "cents": amount * 100 })
}

fn as_it_is(payload: Value) -> Value {
    serde_json::json!({ "cents": payload["amount"] })
}

fn nothing(_: Value) -> Value {
    Value::Null
}

fn recorded() -> Schemas {
    let schemas = Schemas::of([first::Events::Deposited { amount: 5 }]);
    schemas
        .accept([right::Events::Deposited { cents: 1 }])
        .unwrap();
    schemas
}

#[test]
fn a_step_that_changed_is_refused_until_it_is_accepted() {
    let schemas = recorded();
    let wrong = || [wrong::Events::Deposited { cents: 1 }];
    assert_eq!(
        schemas.refused(wrong()),
        "Deposited/v1.sample.json is read as something else than before\n  \
         cents: reads otherwise\n    - 500\n    + 5\n  \
         Do: undo it; or, if stored events are meant to read so, accept it."
    );
    schemas.accept(wrong()).unwrap();
    assert_eq!(schemas.passed(wrong()), "");
}

#[test]
fn a_step_that_makes_an_older_version_unreadable_is_refused_and_cannot_be_accepted() {
    let schemas = recorded();
    let failing = || [failing::Events::Deposited { cents: 1 }];
    let refusal = schemas.refused(failing());
    let told = "Deposited/v1.sample.json is not read any more: payload does not fit";
    assert!(refusal.starts_with(told), "{refusal}");
    let not_accepted = schemas.accept(failing()).unwrap_err();
    assert!(
        matches!(not_accepted, SchemaError::Refused(_)),
        "{not_accepted}"
    );
}

#[test]
fn a_sample_written_by_hand_guards_a_version_from_before_the_gate() {
    let schemas = Schemas::none();
    let right = || [right::Events::Deposited { cents: 1 }];
    schemas.write(
        "Deposited/v1.sample.json",
        r#"{ "payload": { "amount": 7 } }"#,
    );
    schemas.accept(right()).unwrap();
    let sample: Value = serde_json::from_str(&schemas.read("Deposited/v1.sample.json")).unwrap();
    assert_eq!(sample["becomes"][0]["payload"]["cents"], 700);
    assert_eq!(schemas.passed(right()), "");
    assert!(
        schemas
            .refused([wrong::Events::Deposited { cents: 1 }])
            .contains("    - 700\n")
    );
}
