//! A projection of two tables that is right, and some of one that are each wrong in one way.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use annals_core::{NotLoaded, Position, Projection, Recorded, Rows, TableProjection, TableShape};
use annals_macros::ReadModel;

use super::account::AccountEvent;

/// Each payment with the balance after it.
pub(super) struct Statement;

#[derive(ReadModel, Debug, Clone)]
#[read_model(table = "statement_balances")]
pub(super) struct StatementBalance {
    #[key]
    account: String,
    amount: i64,
}

#[derive(ReadModel, Debug, Clone)]
#[read_model(table = "payments")]
pub(super) struct Payment {
    #[key]
    version: u64,
    balance_after: i64,
}

impl TableProjection for Statement {
    type Event = AccountEvent;
    const NAME: &'static str = "statement";
    const REVISION: u32 = 1;

    fn tables() -> Vec<TableShape> {
        vec![
            TableShape::of::<StatementBalance>(),
            TableShape::of::<Payment>(),
        ]
    }

    fn apply(rows: &mut Rows, event: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
        assert_ne!(event.event, AccountEvent::Closed, "a statement has no end");
        let account = event.record.stream.id().to_owned();
        let before = rows.get::<StatementBalance>(&account)?;
        let amount = before.map_or(0, |before| before.amount) + event.event.change();
        rows.put(StatementBalance { account, amount });
        rows.put(Payment {
            version: event.record.version.0,
            balance_after: amount,
        });
        Ok(())
    }
}

/// Which account has which amount, as if no two could have the same: in between some have.
#[derive(ReadModel, Debug, Clone)]
#[read_model(table = "amounts", index(amount, unique))]
pub(super) struct UniqueAmount {
    #[key]
    account: String,
    amount: i64,
}

impl Projection for UniqueAmount {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        account_of(event)
    }

    fn fold(row: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let before = row.map_or(0, |row| row.amount);
        Some(Self {
            account: account.clone(),
            amount: before + event.event.change(),
        })
    }
}

thread_local! {
    /// The accounts that this process has seen a deposit of.
    static DEPOSITED: RefCell<HashSet<String>> = RefCell::default();
    /// The last event that this process has seen.
    static LAST: Cell<Position> = Cell::default();
}

/// Counts withdrawals of accounts that this process has seen a deposit of.
#[derive(ReadModel, Debug, Clone)]
#[read_model(table = "withdrawals")]
pub(super) struct KnownInMemory {
    #[key]
    account: String,
    count: u32,
}

impl Projection for KnownInMemory {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        account_of(event)
    }

    fn fold(row: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        if event.event.change() > 0 {
            DEPOSITED.with_borrow_mut(|deposited| deposited.insert(account.clone()));
            return row;
        }
        let is_known = DEPOSITED.with_borrow(|deposited| deposited.contains(account));
        let count = row.map_or(0, |row| row.count) + u32::from(is_known);
        let account = account.clone();
        Some(Self { account, count })
    }
}

/// Counts events, but for those that this process has seen, written or not.
#[derive(ReadModel, Debug, Clone)]
#[read_model(table = "counts")]
pub(super) struct SeenOnce {
    #[key]
    account: String,
    count: u32,
}

impl Projection for SeenOnce {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        account_of(event)
    }

    fn fold(row: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        if event.record.position <= LAST.replace(event.record.position) {
            return row;
        }
        let count = row.map_or(0, |row| row.count) + 1;
        let account = account.clone();
        Some(Self { account, count })
    }
}

/// The account that something last happened to.
#[derive(ReadModel, Debug, Clone)]
#[read_model(table = "last_account")]
pub(super) struct LastAccount {
    #[key]
    of: String,
    account: String,
}

impl Projection for LastAccount {
    type Event = AccountEvent;

    fn keys(_: &Recorded<AccountEvent>) -> Vec<String> {
        vec!["all".to_owned()]
    }

    fn fold(_: Option<Self>, of: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        Some(Self {
            of: of.clone(),
            account: event.record.stream.id().to_owned(),
        })
    }
}

fn account_of(event: &Recorded<AccountEvent>) -> Vec<String> {
    vec![event.record.stream.id().to_owned()]
}
