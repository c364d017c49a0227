use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum AccountEvent {
    Opened {
        #[event(business_time)]
        opened_at: u64,
    },
}

fn main() {}
