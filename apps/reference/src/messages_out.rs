//! Messages out: who outside is told what happens to accounts.

use annals::{Builder, Effect};

use crate::outbox::AccountsOutbox;
use crate::webhook::Webhook;

/// Who outside is told what happens to accounts: nobody unless it is said.
#[derive(Default)]
pub struct MessagesOut {
    /// A URL.
    pub webhook: Option<Webhook>,
    /// A broker.
    pub outbox: Option<AccountsOutbox>,
}

impl MessagesOut {
    /// The names of all there can be, by which they are operated.
    pub const NAMES: [&'static str; 2] = [Webhook::NAME, AccountsOutbox::NAME];

    pub(crate) fn declared(self, service: Builder) -> Builder {
        let service = match self.webhook {
            Some(webhook) => service.effect(webhook),
            None => service,
        };
        match self.outbox {
            Some(outbox) => service.effect(outbox),
            None => service,
        }
    }
}
