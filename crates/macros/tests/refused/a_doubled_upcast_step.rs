use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum AccountEvent {
    #[event(version = 2, upcast(1 => identity, 1 => identity))]
    Opened,
}

fn identity(payload: serde_json::Value) -> serde_json::Value {
    payload
}

fn main() {}
