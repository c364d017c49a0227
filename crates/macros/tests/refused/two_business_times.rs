use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum AccountEvent {
    Opened {
        #[event(business_time)]
        signed_at: annals_core::Timestamp,
        #[event(business_time)]
        opened_at: annals_core::Timestamp,
    },
}

fn main() {}
