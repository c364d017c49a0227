//! Settling what was paid out as part of something that has come to its end.

use annals::Timestamp;

use super::error::AccountError;
use super::events::AccountEvent;
use super::reference::Reference;
use super::state::Account;

/// Settle what is pending: it is not given back any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settle {
    /// What it is part of.
    pub reference: Reference,
    /// When.
    pub at: Timestamp,
}

impl Settle {
    /// Where nothing is pending, nothing is left to settle.
    pub(super) fn decide(self, account: &Account) -> Result<Vec<AccountEvent>, AccountError> {
        if account.opening.is_none() {
            return Err(AccountError::NotOpened);
        }
        if !account.pending.contains_key(&self.reference) {
            return Ok(Vec::new());
        }
        Ok(vec![AccountEvent::Settled {
            reference: self.reference,
            settled_at: self.at,
        }])
    }
}
