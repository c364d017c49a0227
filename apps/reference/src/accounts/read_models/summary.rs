//! `account_summary`: how many accounts there are and what is on them, by currency.
//!
//! Kept by hand: an account moves from one row to another with its first deposit, and sums
//! outgrow the integers of the database.

use annals::sqlite::SqlProjection;
use annals::sqlite::rusqlite::{self, Connection, OptionalExtension, Row, params};
use annals::{Aggregate, Recorded};

use super::column;
use crate::accounts::{Account, AccountEvent};
use crate::money::{Currency, Total};

/// Keeps `account_summary` up to date.
#[derive(Debug, Clone, Copy)]
pub struct AccountSummary;

/// The accounts of one currency. An account counts in US dollars until its first deposit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrencySummary {
    /// Which currency.
    pub currency: Currency,
    /// How many accounts can be used.
    pub active: u64,
    /// How many are closed.
    pub closed: u64,
    /// What is on all of them.
    pub total: Total,
}

impl SqlProjection for AccountSummary {
    type Event = AccountEvent;
    const NAME: &'static str = "account_summary";
    const CATEGORIES: &'static [&'static str] = &[Account::CATEGORY];
    const TABLES: &'static [&'static str] = &["account_summary", "account_currencies"];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        "create table account_summary (
            currency text primary key,
            active integer not null,
            closed integer not null,
            total text not null
        ) strict, without rowid;
        create table account_currencies (
            account_id text primary key,
            currency text not null
        ) strict, without rowid"
    }

    fn apply(
        &self,
        tx: &rusqlite::Transaction<'_>,
        event: &Recorded<AccountEvent>,
    ) -> Result<(), rusqlite::Error> {
        let account = event.record.stream.id();
        match &event.event {
            AccountEvent::Opened { .. } => change(tx, Currency::USD, |row| row.active += 1),
            AccountEvent::Deposited { amount, .. } => {
                if currency_of(tx, account)?.is_none() {
                    change(tx, Currency::USD, |row| {
                        row.active = row.active.saturating_sub(1);
                    })?;
                    change(tx, amount.currency, |row| row.active += 1)?;
                    remember_currency(tx, account, amount.currency)?;
                }
                change(tx, amount.currency, |row| {
                    row.total = row.total.plus(*amount);
                })
            }
            AccountEvent::Withdrawn { amount, .. } => change(tx, amount.currency, |row| {
                row.total = row.total.minus(*amount);
            }),
            AccountEvent::Closed { .. } => {
                let currency = currency_of(tx, account)?.unwrap_or(Currency::USD);
                change(tx, currency, |row| {
                    row.active = row.active.saturating_sub(1);
                    row.closed += 1;
                })
            }
        }
    }
}

impl CurrencySummary {
    /// All currencies, by code.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn all(connection: &Connection) -> rusqlite::Result<Vec<Self>> {
        connection
            .prepare_cached(
                "select currency, active, closed, total from account_summary order by currency",
            )?
            .query_map([], Self::from_row)?
            .collect()
    }

    /// The accounts of one currency; none if it is not known.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn of(connection: &Connection, currency: Currency) -> rusqlite::Result<Self> {
        let row = connection
            .prepare_cached(
                "select currency, active, closed, total from account_summary where currency = ?",
            )?
            .query_row([currency.code()], Self::from_row)
            .optional()?;
        Ok(row.unwrap_or(Self {
            currency,
            active: 0,
            closed: 0,
            total: Total::default(),
        }))
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            currency: column::read(row, 0)?,
            active: column::read(row, 1)?,
            closed: column::read(row, 2)?,
            total: column::read(row, 3)?,
        })
    }
}

/// Changes the row of a currency, which is made when it is not there.
fn change(
    tx: &rusqlite::Transaction<'_>,
    currency: Currency,
    change: impl FnOnce(&mut CurrencySummary),
) -> rusqlite::Result<()> {
    let mut row = CurrencySummary::of(tx, currency)?;
    change(&mut row);
    tx.prepare_cached("insert or replace into account_summary values (?, ?, ?, ?)")?
        .execute(params![
            column::write(&currency),
            column::write(&row.active),
            column::write(&row.closed),
            column::write(&row.total),
        ])?;
    Ok(())
}

/// The currency that the first deposit of an account set.
fn currency_of(connection: &Connection, account: &str) -> rusqlite::Result<Option<Currency>> {
    connection
        .prepare_cached("select currency from account_currencies where account_id = ?")?
        .query_row([account], |row| column::read(row, 0))
        .optional()
}

fn remember_currency(tx: &Connection, account: &str, currency: Currency) -> rusqlite::Result<()> {
    tx.prepare_cached("insert into account_currencies values (?, ?)")?
        .execute([account, currency.code()])?;
    Ok(())
}
