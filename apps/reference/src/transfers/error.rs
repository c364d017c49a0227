//! Why a transfer refuses a command.

use annals::http::Problem;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::ids::TransferId;

/// The rule that a command breaks. Kept under the command's idempotency key, so that a repeat
/// is refused for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The id is taken. **Do:** choose another one.
    #[error("transfer {transfer_id} exists already")]
    AlreadyRequested {
        /// Which id.
        transfer_id: TransferId,
    },
    /// Nobody asked for it. **Do:** correct the id.
    #[error("there is no such transfer")]
    NotRequested,
    /// The money has arrived. **Do:** transfer it back.
    #[error("the transfer was completed")]
    Completed,
    /// The money is where it was. **Do:** ask for another transfer.
    #[error("the transfer was refunded")]
    Refunded,
}

impl From<TransferError> for Problem {
    fn from(error: TransferError) -> Self {
        use TransferError as E;
        let (status, kind, title) = match error {
            E::NotRequested => (404, "not-found", "Not found"),
            E::AlreadyRequested { .. } => (409, "transfer-exists", "The transfer exists already"),
            E::Completed => (409, "transfer-completed", "The transfer was completed"),
            E::Refunded => (409, "transfer-refunded", "The transfer was refunded"),
        };
        let status = StatusCode::from_u16(status).expect("each status above is one");
        Self::new(status, kind, title).detail(error.to_string())
    }
}
