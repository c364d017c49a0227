//! What an import led to, taken from the read models where it is kept there.

use std::fmt;
use std::time::Duration;

use super::rows::CURRENCY;
use super::{ImportError, Tally};
use crate::accounts::read_models::{CurrencySummary, PaymentCounts};
use crate::bank::Bank;
use crate::money::Total;

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
        let (summaries, counts) = (
            bank.table::<CurrencySummary>(),
            bank.table::<PaymentCounts>(),
        );
        let summary = summaries.get(&CURRENCY).await?;
        let summary = summary.unwrap_or(CurrencySummary::none(CURRENCY));
        let payments = counts.get(&CURRENCY).await?;
        let payments = payments.unwrap_or(PaymentCounts::none(CURRENCY));
        Ok(Self {
            accounts: summary.active + summary.closed,
            entries: tally.entries,
            refused: tally.refused,
            deposits: payments.deposits,
            withdrawals: payments.withdrawals,
            total: summary.total,
            events: tally.events,
            took,
        })
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.events as f64 / self.took.as_secs_f64().max(f64::EPSILON);
        writeln!(f, "accounts:      {}", self.accounts)?;
        writeln!(f, "entries:       {}", self.entries)?;
        writeln!(f, "refused:       {}", self.refused)?;
        writeln!(f, "deposits:      {}", self.deposits)?;
        writeln!(f, "withdrawals:   {}", self.withdrawals)?;
        writeln!(f, "total balance: {} {}", self.total.value(), CURRENCY)?;
        write!(f, "events/s:      {rate:.0} ({} appended)", self.events)
    }
}
