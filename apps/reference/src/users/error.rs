//! Why a user refuses a command.

use annals::http::Problem;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::ids::UserId;

/// The rule that a command breaks. Kept under the command's idempotency key, in the open, so it says
/// nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum UserError {
    /// There is no such user. **Do:** register them, or correct the id.
    #[error("there is no such user")]
    NotRegistered,
    /// The id is taken. **Do:** choose another one.
    #[error("user {user_id} exists already")]
    AlreadyRegistered {
        /// Which id.
        user_id: UserId,
    },
    /// They are active already. **Do:** nothing.
    #[error("the user is active already")]
    AlreadyActive,
    /// They were forgotten. **Do:** register whoever comes back under another id.
    #[error("personal data of the user was erased")]
    Erased,
}

impl From<UserError> for Problem {
    fn from(error: UserError) -> Self {
        use UserError as E;
        let (status, kind, title) = match error {
            E::NotRegistered => (404, "not-found", "Not found"),
            E::AlreadyRegistered { .. } => (409, "user-exists", "The user exists already"),
            E::AlreadyActive => (409, "user-active", "The user is active already"),
            E::Erased => (409, "user-erased", "The user was forgotten"),
        };
        let status = StatusCode::from_u16(status).expect("each status above is one");
        Self::new(status, kind, title).detail(error.to_string())
    }
}
