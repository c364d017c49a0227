use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum AccountEvent {
    #[serde(rename = "opened")]
    Opened,
}

fn main() {}
