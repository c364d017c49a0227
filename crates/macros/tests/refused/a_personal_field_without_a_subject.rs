use annals_core::Personal;
use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum UserEvent {
    Registered {
        user_id: String,
        #[personal]
        name: Personal<String>,
    },
    Moved {
        #[personal(beside)]
        city: Personal<String>,
    },
}

fn main() {}
