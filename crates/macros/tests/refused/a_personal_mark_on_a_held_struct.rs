use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum UserEvent {
    Registered(#[personal(subject = user_id)] Registered),
}

#[derive(Serialize, Deserialize)]
struct Registered {
    user_id: String,
}

fn main() {}
