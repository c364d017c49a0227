use annals_core::Personal;
use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum UserEvent {
    Registered {
        #[serde(default)]
        user_id: String,
        #[personal(subject = user_id)]
        name: Personal<String>,
    },
}

fn main() {}
