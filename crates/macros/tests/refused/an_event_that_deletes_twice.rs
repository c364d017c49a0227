use annals_macros::{Event, Projection, ReadModel};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum AccountEvent {
    Deposited { cents: i64 },
    Closed,
}

#[derive(ReadModel, Projection, Clone)]
#[projection(event = AccountEvent, delete_on(Closed, Closed))]
struct Account {
    #[key]
    #[from(stream_id)]
    account: String,
    #[count(Deposited)]
    deposits: u64,
}

fn main() {}
