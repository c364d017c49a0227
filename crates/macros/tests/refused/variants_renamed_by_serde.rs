use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AccountEvent {
    Opened,
}

fn main() {}
