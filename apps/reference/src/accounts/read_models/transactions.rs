//! `transaction_history`: one row for each payment, with the balance after it.
//!
//! Kept by hand: a row needs the one before it, which a fold by key does not see.

use annals::sqlite::SqlProjection;
use annals::sqlite::rusqlite::{self, Connection, OptionalExtension, Row, params};
use annals::{Aggregate, ColumnKind, ColumnValue, Recorded, StreamVersion, Timestamp, Value};
use serde::Serialize;
use utoipa::ToSchema;

use super::column;
use crate::accounts::{Account, AccountEvent, AccountId};
use crate::money::{Currency, Money};

/// Keeps `transaction_history` up to date.
#[derive(Debug, Clone, Copy)]
pub struct TransactionHistory;

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The version of its event.
    pub version: StreamVersion,
    /// In or out.
    pub kind: TransactionKind,
    /// How much.
    pub amount: Money,
    /// What for.
    pub description: Option<String>,
    /// What was there after it.
    pub balance_after: Money,
    /// When.
    pub at: Timestamp,
}

/// How many payments there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionCounts {
    /// In.
    pub deposits: u64,
    /// Out.
    pub withdrawals: u64,
}

/// Which way money went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TransactionKind {
    /// In.
    Deposit,
    /// Out.
    Withdrawal,
}

impl SqlProjection for TransactionHistory {
    type Event = AccountEvent;
    const NAME: &'static str = "transaction_history";
    const CATEGORIES: &'static [&'static str] = &[Account::CATEGORY];
    const TABLES: &'static [&'static str] = &["transaction_history"];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        "create table transaction_history (
            account_id text not null,
            version integer not null,
            kind text not null check (kind in ('deposit', 'withdrawal')),
            amount integer not null,
            currency text not null,
            description text,
            balance_after integer not null,
            at text not null,
            primary key (account_id, version)
        ) strict, without rowid"
    }

    fn apply(
        &self,
        tx: &rusqlite::Transaction<'_>,
        event: &Recorded<AccountEvent>,
    ) -> Result<(), rusqlite::Error> {
        let (kind, amount, description, at) = match &event.event {
            AccountEvent::Deposited {
                amount,
                description,
                timestamp,
            } => (TransactionKind::Deposit, amount, description, timestamp),
            AccountEvent::Withdrawn {
                amount,
                description,
                timestamp,
            } => (TransactionKind::Withdrawal, amount, description, timestamp),
            AccountEvent::Opened { .. } | AccountEvent::Closed { .. } => return Ok(()),
        };
        let account = event.record.stream.id();
        let before = balance(tx, account)?;
        let balance_after = match kind {
            TransactionKind::Deposit => before.saturating_add(amount.minor),
            TransactionKind::Withdrawal => before.saturating_sub(amount.minor),
        };
        tx.prepare_cached("insert into transaction_history values (?, ?, ?, ?, ?, ?, ?, ?)")?
            .execute(params![
                account,
                column::write(&event.record.version),
                column::write(&kind),
                amount.minor,
                column::write(&amount.currency),
                description,
                balance_after,
                column::write(at),
            ])?;
        Ok(())
    }
}

/// What is there after the newest payment of an account.
fn balance(tx: &Connection, account: &str) -> rusqlite::Result<i64> {
    let newest = tx
        .prepare_cached(
            "select balance_after from transaction_history
             where account_id = ? order by version desc limit 1",
        )?
        .query_row([account], |row| row.get(0))
        .optional()?;
    Ok(newest.unwrap_or(0))
}

impl Transaction {
    /// The payments of an account before a version, newest first.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn newest(
        connection: &Connection,
        account: &AccountId,
        before: Option<StreamVersion>,
        limit: u32,
    ) -> rusqlite::Result<Vec<Self>> {
        let before = before.unwrap_or(StreamVersion(u64::MAX));
        connection
            .prepare_cached(
                "select version, kind, amount, currency, description, balance_after, at
                 from transaction_history
                 where account_id = ? and version < ?
                 order by version desc limit ?",
            )?
            .query_map(
                params![account.as_str(), column::write(&before), limit],
                Self::from_row,
            )?
            .collect()
    }

    /// How many payments there are in a currency.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn counts(
        connection: &Connection,
        currency: Currency,
    ) -> rusqlite::Result<TransactionCounts> {
        let count = "select count(*) filter (where kind = 'deposit'),
                            count(*) filter (where kind = 'withdrawal')
                     from transaction_history where currency = ?";
        connection.query_row(count, [currency.code()], |row| {
            Ok(TransactionCounts {
                deposits: column::read(row, 0)?,
                withdrawals: column::read(row, 1)?,
            })
        })
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let currency: Currency = column::read(row, 3)?;
        Ok(Self {
            version: column::read(row, 0)?,
            kind: column::read(row, 1)?,
            amount: Money::of_minor(row.get(2)?, currency),
            description: row.get(4)?,
            balance_after: Money::of_minor(row.get(5)?, currency),
            at: column::read(row, 6)?,
        })
    }
}

impl TransactionKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Withdrawal => "withdrawal",
        }
    }
}

impl ColumnValue for TransactionKind {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.word().to_owned())
    }

    fn from_value(value: Value) -> Option<Self> {
        match String::from_value(value)?.as_str() {
            "deposit" => Some(Self::Deposit),
            "withdrawal" => Some(Self::Withdrawal),
            _ => None,
        }
    }
}
