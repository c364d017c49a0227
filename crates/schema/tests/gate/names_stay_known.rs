//! A name under which events are stored stays known: as it is, as an alias, or as retired.

use annals_core::Became;
use annals_schema::{SchemaError, SchemaFault};
use serde_json::{Value, json};

use crate::events::Schemas;

mod old {
    crate::events::events! { Deposited { amount: u64 }, Closed }
}

fn old_events() -> [old::Events; 2] {
    [old::Events::Deposited { amount: 5 }, old::Events::Closed]
}

#[test]
fn an_event_that_is_renamed_without_an_alias_is_refused_and_recognised() {
    mod new {
        crate::events::events! { MoneyDeposited { amount: u64 }, Closed }
    }
    let schemas = Schemas::of(old_events());
    let new = [
        new::Events::MoneyDeposited { amount: 5 },
        new::Events::Closed,
    ];
    assert_eq!(
        schemas.refused(new),
        "Deposited is recorded and not declared any more; looks like it was renamed to MoneyDeposited\n  \
         Do: declare Deposited as an alias of MoneyDeposited; recorded events keep their name."
    );
}

#[test]
fn an_event_that_disappears_is_refused() {
    mod new {
        crate::events::events! { Deposited { amount: u64 } }
    }
    let schemas = Schemas::of(old_events());
    let refused = schemas
        .check([new::Events::Deposited { amount: 5 }])
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("Closed is recorded and not declared any more\n")
    );
    let SchemaError::Refused(faults) = refused else {
        panic!("{refused}");
    };
    assert!(
        matches!(&faults.0[..], [SchemaFault::EventDisappeared { event }] if event == "Closed")
    );
}

mod lone {
    crate::events::events! { Deposited { amount: u64 } }
}

mod renamed {
    crate::events::events! {
        #[event(alias = "Deposited")]
        MoneyDeposited { amount: u64 }
    }
}

#[test]
fn an_event_that_is_renamed_with_an_alias_passes_once_its_name_is_accepted() {
    let schemas = Schemas::of([lone::Events::Deposited { amount: 5 }]);
    let renamed = || [renamed::Events::MoneyDeposited { amount: 6 }];
    let refusal = schemas.refused(renamed());
    assert!(
        refusal.starts_with("MoneyDeposited version 1 is not accepted yet"),
        "{refusal}"
    );
    schemas.accept(renamed()).unwrap();
    assert_eq!(schemas.passed(renamed()), "");
    assert!(
        schemas
            .read("Deposited/v1.sample.json")
            .contains("MoneyDeposited")
    );
}

#[test]
fn an_alias_does_not_hide_that_the_shape_changed() {
    mod narrowed {
        crate::events::events! {
            #[event(alias = "Deposited")]
            MoneyDeposited { amount: u32 }
        }
    }
    let schemas = Schemas::of([lone::Events::Deposited { amount: 5 }]);
    let refusal = schemas.refused([narrowed::Events::MoneyDeposited { amount: 5 }]);
    assert!(refusal.contains("  amount: narrowed"), "{refusal}");
}

mod merged {
    crate::events::events! {
        [retired("Deposited" => super::moved)]
        Moved { cents: u64 }
    }
}

fn moved(_version: u32, payload: Value) -> Vec<Became> {
    let payload = json!({ "cents": payload["amount"] });
    vec![Became {
        name: "Moved",
        version: 1,
        payload,
    }]
}

#[test]
fn an_event_that_is_retired_passes_once_it_is_accepted_what_it_becomes() {
    let schemas = Schemas::of([lone::Events::Deposited { amount: 5 }]);
    let merged = || [merged::Events::Moved { cents: 7 }];
    assert_eq!(
        schemas.refused(merged()),
        "Deposited/v1.sample.json is read as something else than before\n  \
         the event itself: reads otherwise\n    - Deposited\n    + Moved\n  \
         Do: undo it; or, if stored events are meant to read so, accept it."
    );
    schemas.accept(merged()).unwrap();
    assert_eq!(schemas.passed(merged()), "");
    assert!(
        schemas
            .read("catalogue.md")
            .contains("- `Deposited`, versions 1: read as `Moved`")
    );
}

#[test]
fn a_name_that_is_declared_twice_is_refused() {
    let catalogue = annals_schema::Catalogue::new("bank")
        .events([lone::Events::Deposited { amount: 5 }])
        .events([renamed::Events::MoneyDeposited { amount: 6 }]);
    let refused = catalogue.check(tempfile::tempdir().unwrap()).unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("the name Deposited is declared twice"),
        "{refused}"
    );
}
