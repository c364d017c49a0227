//! Accepting writes what is declared, once, and the same each time.

use annals_core::{EventSchema, Personal};
use annals_schema::SchemaError;

use crate::events::{Schemas, by_hand, part};

mod bank {
    use std::collections::BTreeMap;

    crate::events::part! { pub(crate) struct Money { pub(crate) value: String, pub(crate) currency: String } }
    crate::events::part! { pub(crate) struct Unrelated { pub(crate) it: u8 } }
    crate::events::events! {
        /// Money was paid in.
        #[event(name = "Money/Deposited")]
        Deposited { amount: Money },
        Counted { pieces: BTreeMap<String, Unrelated> },
        /// It is over.
        Closed,
    }
}

fn deposited() -> bank::Events {
    let (value, currency) = ("5.00".to_owned(), "USD".to_owned());
    let amount = bank::Money { value, currency };
    bank::Events::Deposited { amount }
}

fn events() -> Vec<bank::Events> {
    let pieces = [("a".to_owned(), bank::Unrelated { it: 1 })].into();
    vec![
        deposited(),
        bank::Events::Counted { pieces },
        bank::Events::Closed,
    ]
}

#[test]
fn an_event_without_a_sample_is_refused_by_name() {
    let schemas = Schemas::none();
    let refusal = schemas
        .accept([deposited(), bank::Events::Closed])
        .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "Counted has no sample\n  Do: add one to the samples of the catalogue."
    );
    assert!(matches!(refusal, SchemaError::Refused(_)));
    assert!(
        schemas
            .refused([deposited()])
            .contains("Closed has no sample")
    );
}

#[test]
fn a_directory_in_which_nothing_is_recorded_does_not_pass() {
    let schemas = Schemas::none();
    let refusal = schemas.refused(events());
    let told = "nothing is recorded: there is no catalogue.json\n";
    assert!(refusal.starts_with(told), "{refusal}");
    schemas.accept(events()).unwrap();
    assert_eq!(schemas.passed(events()), "");
    schemas.remove("catalogue.json");
    assert!(schemas.refused(events()).starts_with(told));
}

#[test]
fn the_schema_of_an_event_holds_its_part_and_what_that_refers_to() {
    let schemas = Schemas::of(events());
    assert_eq!(
        schemas.read("Money%2FDeposited/v1.json"),
        r##"{
  "$defs": {
    "Money": {
      "properties": {
        "currency": {
          "type": "string"
        },
        "value": {
          "type": "string"
        }
      },
      "required": [
        "value",
        "currency"
      ],
      "type": "object"
    }
  },
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "description": "Money was paid in.",
  "properties": {
    "amount": {
      "$ref": "#/$defs/Money"
    }
  },
  "required": [
    "amount"
  ],
  "title": "Money/Deposited",
  "type": "object"
}
"##
    );
}

#[test]
fn accepting_again_writes_nothing() {
    let schemas = Schemas::of(events());
    assert_eq!(schemas.accept(events()).unwrap(), [""; 0]);
    assert_eq!(schemas.passed(events()), "");
}

#[test]
fn further_samples_are_kept_beside_the_first() {
    let schemas = Schemas::of(events());
    let mut more = events();
    let (value, currency) = ("7.00".to_owned(), "EUR".to_owned());
    let amount = bank::Money { value, currency };
    more.push(bank::Events::Deposited { amount });
    let written = schemas.accept(more).unwrap();
    assert_eq!(
        written,
        ["Money%2FDeposited/v1.sample-2.json", "catalogue.json"]
    );
}

#[test]
fn an_incompatible_shape_is_not_accepted_and_nothing_is_written() {
    mod narrower {
        crate::events::events! {
            #[event(name = "Money/Deposited")]
            Deposited { amount: u64 },
            Opened,
        }
    }
    mod before {
        crate::events::events! {
            #[event(name = "Money/Deposited")]
            Deposited { amount: String },
        }
    }
    let schemas = Schemas::of([before::Events::Deposited {
        amount: "5".to_owned(),
    }]);
    let page = schemas.read("catalogue.json");
    let new = [
        narrower::Events::Deposited { amount: 5 },
        narrower::Events::Opened,
    ];
    let refusal = schemas.accept(new).unwrap_err().to_string();
    assert!(refusal.contains("  amount: narrowed\n"), "{refusal}");
    assert_eq!(schemas.read("catalogue.json"), page);
}

part! { enum Compact { Measured { celsius: f64 } } }
by_hand!(Compact: EventSchema::new("Measured", "Measured").as_messagepack());

#[test]
fn an_event_that_is_written_as_messagepack_is_recorded_by_its_values() {
    let measured = || [Compact::Measured { celsius: 1.5 }];
    let schemas = Schemas::of(measured());
    assert!(
        schemas
            .read("Measured/v1.sample.json")
            .contains("\"celsius\": 1.5")
    );
    assert_eq!(schemas.passed(measured()), "");
}

part! {
    #[schemars(rename_all = "snake_case")]
    enum CalledOtherwise {
        Deposited { amount: u64 },
    }
}
by_hand!(CalledOtherwise: EventSchema::new("MoneyDeposited", "Deposited"));

#[test]
fn a_schema_without_the_variant_is_refused() {
    let refusal = Schemas::none().refused([CalledOtherwise::Deposited { amount: 5 }]);
    let told =
        "the JSON Schema of the enum has no variant Deposited, which is stored as MoneyDeposited";
    assert!(refusal.starts_with(told), "{refusal}");
}

part! {
    enum Leaky {
        Registered { name: Personal<String> },
    }
}
by_hand!(Leaky: EventSchema::new("Registered", "Registered"));

#[test]
fn a_sample_that_cannot_be_stored_is_refused() {
    let name = Personal::new("Ada".to_owned());
    let refusal = Schemas::none().refused([Leaky::Registered { name }]);
    let told = "a sample of Registered cannot be stored and read back: ";
    assert!(refusal.starts_with(told), "{refusal}");
    assert!(
        refusal.contains("a personal value is not sealed"),
        "{refusal}"
    );
}
