//! What happens to a transfer.

use annals::{Event, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::TransferId;
use crate::accounts::AccountId;
use crate::money::Money;

/// What happened to a transfer.
#[derive(Event, Serialize, Deserialize, JsonSchema, Debug, Clone, PartialEq)]
#[serde(rename_all_fields = "camelCase")]
pub enum TransferEvent {
    /// Somebody asked for it.
    #[event(name = "TransferRequested")]
    Requested {
        /// Which transfer.
        transfer_id: TransferId,
        /// From which account.
        from: AccountId,
        /// To which account.
        to: AccountId,
        /// How much.
        amount: Money,
        /// What for.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// When.
        requested_at: Timestamp,
    },
    /// The money has arrived.
    #[event(name = "TransferCompleted")]
    Completed {
        /// When.
        completed_at: Timestamp,
    },
    /// The money is where it was: it was given back, or never taken.
    #[event(name = "TransferRefunded")]
    Refunded {
        /// Why.
        reason: String,
        /// When.
        refunded_at: Timestamp,
    },
}
