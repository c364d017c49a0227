use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
#[event(retired("Polled" => drop, "Polled" => drop))]
enum AccountEvent {
    Opened,
}

fn main() {}
