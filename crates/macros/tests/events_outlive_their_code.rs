//! What `#[derive(Event)]` promises of events that were stored under other names and in other shapes.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod stored;

use annals_core::{Became, DecodeFault, Event, decode};
use annals_macros::Event;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use stored::recorded;

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
#[event(retired("Moved" => moved, "Cleared" => cleared, "Polled" => drop))]
#[event(retired("Banked" => moved))]
enum AccountEvent {
    #[event(name = "AccountOpened", alias = "Opened", alias = "Created")]
    Opened { owner: String },
    #[event(version = 4)]
    #[event(upcast(2 => as DepositedV2, 1 => steps::name_cents, 3 => as DepositedV3))]
    Deposited { cents: i64, currency: String },
    #[event(version = 2, upcast(1 => as i64))]
    Withdrawn(Withdrawal),
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Withdrawal {
    cents: i64,
}

#[derive(Deserialize)]
struct DepositedV2 {
    cents: i64,
}

#[derive(Deserialize)]
struct DepositedV3 {
    cents: i64,
    country: String,
}

impl From<DepositedV2> for DepositedV3 {
    fn from(DepositedV2 { cents }: DepositedV2) -> Self {
        let country = "us".to_owned();
        Self { cents, country }
    }
}

impl From<DepositedV3> for AccountEvent {
    fn from(DepositedV3 { cents, country }: DepositedV3) -> Self {
        let currency = format!("{country}d");
        Self::Deposited { cents, currency }
    }
}

impl From<i64> for AccountEvent {
    fn from(cents: i64) -> Self {
        Self::Withdrawn(Withdrawal { cents })
    }
}

mod steps {
    use serde_json::Value;

    pub(super) fn name_cents(payload: Value) -> Value {
        Value::from_iter([("cents", payload)])
    }
}

fn moved(version: u32, payload: Value) -> Vec<Became> {
    let withdrawn = became("Withdrawn", version, payload.clone());
    vec![withdrawn, became("Deposited", version, payload)]
}

fn cleared(_: u32, _: Value) -> Vec<Became> {
    let opened = became("AccountOpened", 1, json!({ "owner": "nobody" }));
    vec![opened]
}

fn became(name: &'static str, version: u32, payload: Value) -> Became {
    Became {
        name,
        version,
        payload,
    }
}

fn read(name: &str, version: u32, payload: &Value) -> Vec<AccountEvent> {
    let record = recorded(name, version, serde_json::to_vec(payload).unwrap());
    let decoded = decode::<AccountEvent>(record).unwrap();
    decoded.into_iter().map(|it| it.event).collect()
}

fn opened(owner: &str) -> AccountEvent {
    let owner = owner.to_owned();
    AccountEvent::Opened { owner }
}

fn deposited(cents: i64, currency: &str) -> AccountEvent {
    let currency = currency.to_owned();
    AccountEvent::Deposited { cents, currency }
}

fn withdrawn(cents: i64) -> AccountEvent {
    AccountEvent::Withdrawn(Withdrawal { cents })
}

#[test]
fn an_event_is_read_under_every_name_it_ever_had_and_written_under_the_newest() {
    for name in ["AccountOpened", "Opened", "Created"] {
        assert_eq!(read(name, 1, &json!({ "owner": "ann" })), [opened("ann")]);
    }
    assert_eq!(opened("ann").schema().name, "AccountOpened");
}

#[test]
fn a_version_of_a_typed_step_is_read_as_its_type_and_turned_into_the_next() {
    let second = json!({ "cents": 5 });
    assert_eq!(read("Deposited", 2, &second), [deposited(5, "usd")]);
    let third = json!({ "cents": 5, "country": "ca" });
    assert_eq!(read("Deposited", 3, &third), [deposited(5, "cad")]);
    let newest = json!({ "cents": 5, "currency": "eur" });
    assert_eq!(read("Deposited", 4, &newest), [deposited(5, "eur")]);
}

#[test]
fn typed_steps_go_on_where_steps_on_json_end() {
    assert_eq!(read("Deposited", 1, &json!(5)), [deposited(5, "usd")]);
}

#[test]
fn a_variant_that_holds_a_struct_has_typed_steps_too() {
    assert_eq!(read("Withdrawn", 1, &json!(5)), [withdrawn(5)]);
    assert_eq!(read("Withdrawn", 2, &json!({ "cents": 5 })), [withdrawn(5)]);
}

#[test]
fn a_payload_that_does_not_fit_the_type_of_its_version_is_named() {
    let record = recorded("Deposited", 3, br#"{"cents": 5}"#.to_vec());
    let error = decode::<AccountEvent>(record).unwrap_err();
    assert!(matches!(error.fault, DecodeFault::Payload(_)));
    assert!(error.to_string().contains("missing field `country`"));
}

#[test]
fn a_retired_event_is_read_as_several_others_each_upcast_from_its_version() {
    let both = [withdrawn(5), deposited(5, "usd")];
    assert_eq!(read("Moved", 1, &json!(5)), both);
}

#[test]
fn several_types_are_read_as_one() {
    assert_eq!(read("Cleared", 1, &json!({})), [opened("nobody")]);
    assert_eq!(read("Banked", 1, &json!(5)), read("Moved", 1, &json!(5)));
}

#[test]
fn an_event_that_means_nothing_any_more_is_read_as_none() {
    assert_eq!(read("Polled", 7, &json!(null)), []);
}
