//! What was accepted is not changed or removed by hand.

use crate::events::Schemas;

mod bank {
    crate::events::events! { Deposited { amount: u64 } }
}

fn events() -> [bank::Events; 1] {
    [bank::Events::Deposited { amount: 5 }]
}

/// The check and the acceptance both refuse, and say this.
#[track_caller]
fn refuses(schemas: &Schemas, told: &str) {
    let refusal = schemas.refused(events());
    assert!(refusal.contains(told), "{refusal}");
    let refusal = schemas.accept(events()).unwrap_err().to_string();
    assert!(refusal.contains(told), "{refusal}");
}

#[test]
fn a_recorded_schema_that_was_edited_is_refused() {
    let schemas = Schemas::of(events());
    schemas.edit("Deposited/v1.json", ("uint64", "uint32"));
    refuses(&schemas, "Deposited/v1.json is recorded, and was changed\n");
}

#[test]
fn a_recorded_schema_that_is_gone_is_refused() {
    let schemas = Schemas::of(events());
    schemas.remove("Deposited/v1.json");
    refuses(&schemas, "Deposited/v1.json is recorded, and is gone\n");
}

#[test]
fn a_stored_payload_that_was_edited_is_refused() {
    let schemas = Schemas::of(events());
    schemas.edit(
        "Deposited/v1.sample.json",
        ("\"amount\": 5", "\"amount\": 6"),
    );
    refuses(
        &schemas,
        "Deposited/v1.sample.json is recorded, and was changed\n",
    );
}

#[test]
fn what_a_sample_is_said_to_become_cannot_be_edited_to_something_else() {
    let schemas = Schemas::of(events());
    schemas.edit(
        "Deposited/v1.sample.json",
        ("\"amount\": 5\n      }", "\"amount\": 6\n      }"),
    );
    let refusal = schemas.refused(events());
    assert!(
        refusal.contains("  amount: reads otherwise\n    - 6\n    + 5\n"),
        "{refusal}"
    );
}

#[test]
fn a_file_that_is_no_sample_is_named() {
    let schemas = Schemas::of(events());
    schemas.write("Deposited/v1.sample.json", "{ \"pay");
    let refusal = schemas.refused(events());
    assert!(
        refusal.contains("Deposited/v1.sample.json: EOF while parsing"),
        "{refusal}"
    );
}
