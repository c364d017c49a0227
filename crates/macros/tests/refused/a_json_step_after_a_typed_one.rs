use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum AccountEvent {
    #[event(version = 3, upcast(1 => as DepositedV1, 2 => add_currency))]
    Deposited { cents: i64 },
}

#[derive(Deserialize)]
struct DepositedV1 {
    cents: i64,
}

fn add_currency(payload: serde_json::Value) -> serde_json::Value {
    payload
}

fn main() {}
