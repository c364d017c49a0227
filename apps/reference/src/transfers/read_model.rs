//! `transfers`: one row for each transfer.

use annals::{Aggregate, Projection, ReadModel, StreamVersion, Timestamp};

use super::events::TransferEvent;
use super::ids::TransferId;
use super::state::{Transfer, TransferStatus};
use crate::accounts::AccountId;
use crate::money::{Currency, Money};

/// A transfer as it stands.
#[derive(ReadModel, Projection, Debug, Clone, PartialEq, Eq)]
#[read_model(
    table = "transfers",
    index(from_account),
    index(to_account),
    index(status)
)]
#[projection(event = TransferEvent, categories(Transfer::CATEGORY), create_on(Requested))]
pub struct TransferRow {
    /// Which transfer.
    #[key]
    #[from(stream_id)]
    pub transfer_id: TransferId,
    /// From which account.
    #[from(Requested.from)]
    pub from_account: AccountId,
    /// To which account.
    #[from(Requested.to)]
    pub to_account: AccountId,
    /// In which currency.
    #[from(Requested.amount.currency)]
    pub currency: Currency,
    /// How many hundredths of it.
    #[from(Requested.amount.minor)]
    pub amount_minor: i64,
    /// What for.
    #[from(Requested.description)]
    pub description: Option<String>,
    /// How it stands.
    #[from(
        Requested => TransferStatus::Requested,
        Completed => TransferStatus::Completed,
        Refunded => TransferStatus::Refunded
    )]
    pub status: TransferStatus,
    /// Why it was refunded.
    #[from(Refunded.reason)]
    pub reason: Option<String>,
    /// When it was asked for.
    #[from(Requested.requested_at)]
    pub requested_at: Timestamp,
    /// When it ended.
    #[from(Completed.completed_at, Refunded.refunded_at)]
    pub ended_at: Option<Timestamp>,
    /// The version of its last event.
    #[from(version)]
    pub version: StreamVersion,
}

impl TransferRow {
    /// How much.
    pub fn amount(&self) -> Money {
        Money::of_minor(self.amount_minor, self.currency)
    }
}
