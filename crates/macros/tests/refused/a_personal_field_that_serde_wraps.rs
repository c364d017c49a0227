use annals_core::Personal;
use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum UserEvent {
    Registered {
        user_id: String,
        #[personal(subject = user_id)]
        #[serde(alias = "fullName")]
        name: Personal<String>,
    },
}

fn main() {}
