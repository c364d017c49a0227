//! Giving back what was paid out as part of something that came to nothing.

use annals::Timestamp;

use super::error::AccountError;
use super::events::AccountEvent;
use super::reference::Reference;
use super::state::Account;

/// Give back what is pending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// What it is part of.
    pub reference: Reference,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl Refund {
    /// An account with something pending is open, and takes no deposits for which this would not fit.
    pub(super) fn decide(self, account: &Account) -> Result<Vec<AccountEvent>, AccountError> {
        let reference = self.reference;
        let Some(amount) = account.pending.get(&reference) else {
            return Err(AccountError::NothingPending { reference });
        };
        Ok(vec![AccountEvent::Deposited {
            amount: *amount,
            description: Some(self.reason),
            reference: Some(reference),
            timestamp: self.at,
        }])
    }
}
