//! The end of a transfer whose money is where it was.

use annals::{Command, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::TransferError;
use super::events::TransferEvent;
use super::ids::TransferId;
use super::state::{Transfer, TransferCommand, TransferStatus};

/// End with nothing done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl Refund {
    /// Repeating it does no harm.
    pub(super) fn decide(self, transfer: &Transfer) -> Result<Vec<TransferEvent>, TransferError> {
        match transfer.status {
            None => Err(TransferError::NotRequested),
            Some(TransferStatus::Completed) => Err(TransferError::Completed),
            Some(TransferStatus::Refunded) => Ok(Vec::new()),
            Some(TransferStatus::Requested) => Ok(vec![TransferEvent::Refunded {
                reason: self.reason,
                refunded_at: self.at,
            }]),
        }
    }
}

/// Asks a transfer to end with nothing done, and to tell why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundTransfer {
    /// Which one.
    pub transfer: TransferId,
    /// Why.
    pub reason: String,
}

impl Command for RefundTransfer {
    const NAME: &'static str = "RefundTransfer";
    type Reply = ();
    type Refusal = TransferError;
}

impl RefundTransfer {
    pub(super) fn address(self, at: Timestamp) -> (TransferId, TransferCommand) {
        let reason = self.reason;
        (
            self.transfer,
            TransferCommand::Refund(Refund { reason, at }),
        )
    }
}
