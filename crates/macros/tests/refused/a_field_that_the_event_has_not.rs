use annals_macros::{Event, Projection, ReadModel};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum AccountEvent {
    Opened { owner: String },
    Deposited { cents: i64 },
    Closed,
}

#[derive(ReadModel, Projection, Clone)]
#[projection(event = AccountEvent, create_on(Opened))]
struct Account {
    #[key]
    #[from(stream_id)]
    account: String,
    #[from(Opened.name)]
    owner: String,
}

fn main() {}
