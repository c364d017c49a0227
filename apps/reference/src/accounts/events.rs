//! What happens to an account.

use annals::{Event, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::{AccountId, OwnerId};
use super::reference::Reference;
use super::upcast::{add_currency, money_of_plain_amount, nest_amount};
use crate::money::Money;

/// What happened to an account, in its newest shape.
#[derive(Event, Serialize, Deserialize, JsonSchema, Debug, Clone, PartialEq)]
#[serde(rename_all_fields = "camelCase")]
pub enum AccountEvent {
    /// It was opened for somebody.
    #[event(name = "AccountOpened")]
    Opened {
        /// Which account.
        account_id: AccountId,
        /// Whose.
        owner_id: OwnerId,
        /// When.
        opened_at: Timestamp,
    },
    /// Money was paid in.
    ///
    /// Version 1 had a plain amount, version 2 added the currency, version 3 made money of both.
    #[event(name = "MoneyDeposited", version = 3, upcast(1 => add_currency, 2 => nest_amount))]
    Deposited {
        /// How much.
        amount: Money,
        /// What for.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// What it is part of.
        #[serde(skip_serializing_if = "Option::is_none")]
        reference: Option<Reference>,
        /// When.
        timestamp: Timestamp,
    },
    /// Money was paid out.
    ///
    /// Version 1 had a plain amount, version 2 made money of it.
    #[event(name = "MoneyWithdrawn", version = 2, upcast(1 => money_of_plain_amount))]
    Withdrawn {
        /// How much.
        amount: Money,
        /// What for.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// What it is part of.
        #[serde(skip_serializing_if = "Option::is_none")]
        reference: Option<Reference>,
        /// When.
        timestamp: Timestamp,
    },
    /// What was paid out as part of something will not be given back any more.
    #[event(name = "PaymentSettled")]
    Settled {
        /// What it was part of.
        reference: Reference,
        /// When.
        settled_at: Timestamp,
    },
    /// It was closed.
    #[event(name = "AccountClosed")]
    Closed {
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// When.
        closed_at: Timestamp,
    },
}

impl AccountEvent {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Opened { opened_at: at, .. }
            | Self::Deposited { timestamp: at, .. }
            | Self::Withdrawn { timestamp: at, .. }
            | Self::Settled { settled_at: at, .. }
            | Self::Closed { closed_at: at, .. } => *at,
        }
    }
}
