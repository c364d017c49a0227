use annals_core::Personal;
use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum UserEvent {
    Registered {
        user_id: String,
        editor_id: String,
        #[personal(subject = editor_id)]
        #[personal(subject = user_id)]
        name: Personal<String>,
    },
}

fn main() {}
