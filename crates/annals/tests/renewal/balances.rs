//! A read model, as three versions of a service declare it.

use annals::{Event, Projection, ReadModel, Recorded};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
pub(crate) enum AccountEvent {
    Deposited { cents: i64 },
}

impl AccountEvent {
    fn cents(&self) -> i64 {
        let Self::Deposited { cents } = self;
        *cents
    }
}

fn account_of(event: &Recorded<AccountEvent>) -> Vec<String> {
    vec![event.record.stream.id().to_owned()]
}

/// What is on an account.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances")]
pub(crate) struct Balance {
    #[key]
    pub(crate) account: String,
    pub(crate) cents: i64,
}

impl Projection for Balance {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        account_of(event)
    }

    fn fold(row: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        Some(Self {
            account: account.clone(),
            cents: row.map_or(0, |row| row.cents) + event.event.cents(),
        })
    }
}

/// The same columns by another fold, which counts tenths of cents.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances")]
pub(crate) struct InTenths {
    #[key]
    pub(crate) account: String,
    pub(crate) cents: i64,
}

impl Projection for InTenths {
    type Event = AccountEvent;
    const FOLD_REVISION: u32 = 2;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        account_of(event)
    }

    fn fold(row: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        Some(Self {
            account: account.clone(),
            cents: row.map_or(0, |row| row.cents) + 10 * event.event.cents(),
        })
    }
}

/// With a column more.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances")]
pub(crate) struct Counted {
    #[key]
    pub(crate) account: String,
    pub(crate) cents: i64,
    pub(crate) deposits: u32,
}

impl Projection for Counted {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        account_of(event)
    }

    fn fold(row: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let (cents, deposits) = row.map_or((0, 0), |row| (row.cents, row.deposits));
        Some(Self {
            account: account.clone(),
            cents: cents + event.event.cents(),
            deposits: deposits + 1,
        })
    }
}

/// As it was declared first, by code that can take in nothing.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances")]
pub(crate) struct Fragile {
    #[key]
    pub(crate) account: String,
    pub(crate) cents: i64,
}

impl Projection for Fragile {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        account_of(event)
    }

    fn fold(_: Option<Self>, _: &String, _: &Recorded<AccountEvent>) -> Option<Self> {
        panic!("fragile")
    }
}
