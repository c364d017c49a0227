use annals_core::{Instance, Position, Stepped};
use serde_json::{Value, json};

use crate::errand::Errand;

fn begun() -> Instance {
    Instance::begin::<Stepped<Errand>>(Position(1))
}

#[test]
fn in_an_instance_and_in_the_state_of_its_steps() {
    let recorded = json!({
        "definition": 1,
        "since": 1,
        "state": { "saga": null, "stage": 0, "course": "forwards" },
        "status": "running",
        "numbered": 0,
    });
    assert_eq!(serde_json::to_value(begun()).unwrap(), recorded);
}

#[test]
fn and_is_read_as_if_it_were() {
    let mut spelled_out = serde_json::to_value(begun()).unwrap();
    for open in ["calls", "unknown", "timers"] {
        spelled_out[open] = json!({});
    }
    let read = |recorded: Value| serde_json::from_value::<Instance>(recorded).unwrap();
    assert_eq!(read(spelled_out), begun());
    assert_eq!(read(serde_json::to_value(begun()).unwrap()), begun());

    let of_steps = begun().state;
    let mut spelled_out = of_steps.clone();
    for names in ["open", "touched", "failed", "unknown"] {
        spelled_out[names] = json!([]);
    }
    spelled_out["replies"] = json!({});
    spelled_out["isTold"] = json!(false);
    spelled_out["reason"] = Value::Null;
    let read = |recorded: Value| serde_json::from_value::<Stepped<Errand>>(recorded).unwrap();
    assert_eq!(read(spelled_out), read(of_steps));
}
