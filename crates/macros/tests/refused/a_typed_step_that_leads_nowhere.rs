use annals_macros::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum AccountEvent {
    #[event(version = 3, upcast(1 => as DepositedV1, 2 => as DepositedV2))]
    Deposited { cents: i64 },
}

#[derive(Deserialize)]
struct DepositedV1 {
    cents: i64,
}

#[derive(Deserialize)]
struct DepositedV2 {
    cents: i64,
}

impl From<DepositedV1> for DepositedV2 {
    fn from(DepositedV1 { cents }: DepositedV1) -> Self {
        Self { cents }
    }
}

fn main() {}
