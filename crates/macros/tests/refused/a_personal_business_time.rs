use annals_core::Personal;
use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum UserEvent {
    Registered {
        user_id: String,
        #[personal(subject = user_id)]
        #[event(business_time)]
        born_on: Personal<annals_core::Timestamp>,
    },
}

fn main() {}
