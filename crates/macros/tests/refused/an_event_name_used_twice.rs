use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum AccountEvent {
    Opened,
    #[event(name = "Opened")]
    Reopened,
}

fn main() {}
