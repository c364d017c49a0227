use annals_macros::{Event, Projection, ReadModel};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum AccountEvent {
    Deposited { cents: i64 },
    Closed,
}

#[derive(ReadModel, Projection, Clone)]
#[projection(event = AccountEvent, event = AccountEvent)]
struct Account {
    #[key]
    #[from(stream_id)]
    account: String,
    #[count(Deposited)]
    deposits: u64,
}

fn main() {}
