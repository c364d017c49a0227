//! What an import led to, taken from the read models where it is kept there.

use std::fmt;
use std::time::Duration;

use annals::sqlite::SqliteError;

use super::{ImportError, Tally};
use crate::accounts::read_models::{CurrencySummary, Transaction, TransactionCounts};
use crate::bank::Bank;
use crate::money::{Currency, Total};

/// What an import led to.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportReport {
    /// How many accounts are kept in the currency of the data.
    pub accounts: u64,
    /// How many rows the file has.
    pub entries: u64,
    /// How many of them a rule refused.
    pub refused: u64,
    /// How many deposits there are in that currency.
    pub deposits: u64,
    /// How many withdrawals.
    pub withdrawals: u64,
    /// What is on all accounts together.
    pub total: Total,
    /// How many events this import appended.
    pub events: u64,
    /// How long it took, without waiting for the read models.
    pub took: Duration,
}

impl ImportReport {
    pub(super) async fn of(bank: &Bank, tally: Tally, took: Duration) -> Result<Self, ImportError> {
        let (accounts, total, payments) = kept(bank).await?;
        Ok(Self {
            accounts,
            entries: tally.entries,
            refused: tally.refused,
            deposits: payments.deposits,
            withdrawals: payments.withdrawals,
            total,
            events: tally.events,
            took,
        })
    }
}

/// What the read models hold in the currency of the data.
async fn kept(bank: &Bank) -> Result<(u64, Total, TransactionCounts), SqliteError> {
    let read = bank.read_models().read(|connection| {
        let summary = CurrencySummary::of(connection, Currency::CZK)?;
        let payments = Transaction::counts(connection, Currency::CZK)?;
        Ok((summary.active + summary.closed, summary.total, payments))
    });
    read.await
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.events as f64 / self.took.as_secs_f64().max(f64::EPSILON);
        writeln!(f, "accounts:      {}", self.accounts)?;
        writeln!(f, "entries:       {}", self.entries)?;
        writeln!(f, "refused:       {}", self.refused)?;
        writeln!(f, "deposits:      {}", self.deposits)?;
        writeln!(f, "withdrawals:   {}", self.withdrawals)?;
        writeln!(f, "total balance: {} {}", self.total.value(), Currency::CZK)?;
        write!(f, "events/s:      {rate:.0} ({} appended)", self.events)
    }
}
