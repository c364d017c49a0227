//! `account_summary`: how many accounts there are and what is on them, by currency.
//!
//! An account moves from one currency to another with its first deposit: which one it is kept in
//! is a row of its own, one for each account.

use annals::{Aggregate, NotLoaded, ReadModel, Recorded, Rows, TableProjection, TableShape};

use crate::accounts::{Account, AccountEvent, AccountId};
use crate::money::{Currency, Money, Total};

/// Keeps `account_summary` up to date.
#[derive(Debug, Clone, Copy)]
pub struct AccountSummary;

/// The accounts of one currency. An account counts in US dollars until its first deposit.
#[derive(ReadModel, Debug, Clone, PartialEq, Eq)]
#[read_model(table = "account_summary")]
pub struct CurrencySummary {
    /// Which currency.
    #[key]
    pub currency: Currency,
    /// How many accounts can be used.
    pub active: u64,
    /// How many are closed.
    pub closed: u64,
    /// What is on all of them.
    pub total: Total,
}

/// The currency that the first deposit of an account set.
#[derive(ReadModel, Debug, Clone)]
#[read_model(table = "account_currencies")]
struct AccountCurrency {
    #[key]
    account_id: AccountId,
    currency: Currency,
}

impl TableProjection for AccountSummary {
    type Event = AccountEvent;
    const NAME: &'static str = "account_summary";
    const CATEGORIES: &'static [&'static str] = &[Account::CATEGORY];
    const REVISION: u32 = 1;

    fn tables() -> Vec<TableShape> {
        vec![
            TableShape::of::<CurrencySummary>(),
            TableShape::of::<AccountCurrency>(),
        ]
    }

    fn apply(rows: &mut Rows, event: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
        // A stream of another making may have an id that no account can have.
        let Ok(account_id) = event.record.stream.id().parse() else {
            return Ok(());
        };
        match &event.event {
            AccountEvent::Opened { .. } => change(rows, Currency::USD, |row| row.active += 1),
            AccountEvent::Deposited { amount, .. } => deposit(rows, account_id, *amount),
            AccountEvent::Withdrawn { amount, .. } => change(rows, amount.currency, |row| {
                row.total = row.total.minus(*amount);
            }),
            AccountEvent::Settled { .. } => Ok(()),
            AccountEvent::Closed { .. } => {
                let kept_in = rows.get::<AccountCurrency>(&account_id)?;
                let currency = kept_in.map_or(Currency::USD, |kept_in| kept_in.currency);
                change(rows, currency, |row| {
                    row.active = row.active.saturating_sub(1);
                    row.closed += 1;
                })
            }
        }
    }
}

fn deposit(rows: &mut Rows, account_id: AccountId, amount: Money) -> Result<(), NotLoaded> {
    let currency = amount.currency;
    if rows.get::<AccountCurrency>(&account_id)?.is_none() {
        change(rows, Currency::USD, |row| {
            row.active = row.active.saturating_sub(1);
        })?;
        change(rows, currency, |row| row.active += 1)?;
        rows.put(AccountCurrency {
            account_id,
            currency,
        });
    }
    change(rows, currency, |row| row.total = row.total.plus(amount))
}

/// Changes the row of a currency, which is made when it is not there.
fn change(
    rows: &mut Rows,
    currency: Currency,
    change: impl FnOnce(&mut CurrencySummary),
) -> Result<(), NotLoaded> {
    let row = rows.get::<CurrencySummary>(&currency)?;
    let mut row = row.unwrap_or(CurrencySummary::none(currency));
    change(&mut row);
    rows.put(row);
    Ok(())
}

impl CurrencySummary {
    /// No accounts in a currency.
    pub fn none(currency: Currency) -> Self {
        Self {
            currency,
            active: 0,
            closed: 0,
            total: Total::default(),
        }
    }
}
