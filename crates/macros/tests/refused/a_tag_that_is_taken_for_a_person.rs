use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum LetterEvent {
    Sent {
        #[event(tag)]
        subject: String,
    },
}

fn main() {}
