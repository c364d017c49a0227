//! The end of a transfer whose money has arrived.

use annals::{Command, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::TransferError;
use super::events::TransferEvent;
use super::ids::TransferId;
use super::state::{Transfer, TransferCommand, TransferStatus};

/// End well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complete {
    /// When.
    pub at: Timestamp,
}

impl Complete {
    /// Repeating it does no harm.
    pub(super) fn decide(self, transfer: &Transfer) -> Result<Vec<TransferEvent>, TransferError> {
        match transfer.status {
            None => Err(TransferError::NotRequested),
            Some(TransferStatus::Refunded) => Err(TransferError::Refunded),
            Some(TransferStatus::Completed) => Ok(Vec::new()),
            Some(TransferStatus::Requested) => Ok(vec![TransferEvent::Completed {
                completed_at: self.at,
            }]),
        }
    }
}

/// Asks a transfer to end well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompleteTransfer {
    /// Which one.
    pub transfer: TransferId,
}

impl Command for CompleteTransfer {
    const NAME: &'static str = "CompleteTransfer";
    type Reply = ();
    type Refusal = TransferError;
}

impl CompleteTransfer {
    pub(super) fn address(self, at: Timestamp) -> (TransferId, TransferCommand) {
        (self.transfer, TransferCommand::Complete(Complete { at }))
    }
}
