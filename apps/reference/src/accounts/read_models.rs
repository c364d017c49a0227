//! The read models of accounts, each kept up to date from their events.

mod balances;
mod daily;
mod summary;
mod transactions;

pub use balances::AccountBalance;
pub use daily::DailySummary;
pub use summary::{AccountSummary, CurrencySummary};
pub use transactions::{PaymentCounts, Transaction, TransactionHistory, TransactionKind};

#[cfg(test)]
mod tests;
