//! The account that decides: its state, and which rule answers which command.

use std::collections::BTreeMap;

use annals::{Aggregate, ColumnKind, ColumnValue, Timestamp, Value, snapshot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::close::Close;
use super::deposit::Deposit;
use super::error::AccountError;
use super::events::AccountEvent;
use super::ids::{AccountId, OwnerId};
use super::open::Open;
use super::reference::Reference;
use super::refund::Refund;
use super::settle::Settle;
use super::withdraw::Withdraw;
use crate::money::{Amount, Currency, Money};

/// Most payments of an account that are pending at a time.
const MOST_PENDING: usize = 100;

/// An account, as its events made it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// For whom and when it was opened; nothing before that.
    pub opening: Option<Opening>,
    /// What is there; nothing before the first deposit, which sets the currency.
    pub balance: Option<Money>,
    /// What was paid out as part of something that is not settled yet.
    pub pending: BTreeMap<Reference, Money>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// When something last happened to it.
    pub updated_at: Option<Timestamp>,
}

/// The opening of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Opening {
    /// Which account.
    pub account_id: AccountId,
    /// Whose.
    pub owner_id: OwnerId,
    /// When.
    pub at: Timestamp,
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It takes deposits and withdrawals.
    Active,
    /// It takes nothing any more.
    Closed,
}

/// What an account can be asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountCommand {
    /// Open it.
    Open(Open),
    /// Pay in.
    Deposit(Deposit),
    /// Pay out.
    Withdraw(Withdraw),
    /// Give back what is pending.
    Refund(Refund),
    /// Settle what is pending.
    Settle(Settle),
    /// Close it.
    Close(Close),
}

impl AccountCommand {
    /// When what it asks for is to have happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Open(open) => open.at,
            Self::Deposit(deposit) => deposit.at,
            Self::Withdraw(withdraw) => withdraw.at,
            Self::Refund(refund) => refund.at,
            Self::Settle(settle) => settle.at,
            Self::Close(close) => close.at,
        }
    }
}

#[snapshot]
impl Aggregate for Account {
    const CATEGORY: &'static str = "BankAccount";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountError;

    fn decide(&self, command: AccountCommand) -> Result<Vec<AccountEvent>, AccountError> {
        match command {
            AccountCommand::Open(open) => open.decide(self),
            AccountCommand::Deposit(deposit) => deposit.decide(self),
            AccountCommand::Withdraw(withdraw) => withdraw.decide(self),
            AccountCommand::Refund(refund) => refund.decide(self),
            AccountCommand::Settle(settle) => settle.decide(self),
            AccountCommand::Close(close) => close.decide(self),
        }
    }

    fn evolve(&mut self, event: &AccountEvent) {
        self.updated_at = Some(event.at());
        match event {
            AccountEvent::Opened {
                account_id,
                owner_id,
                opened_at,
            } => {
                self.opening = Some(Opening {
                    account_id: account_id.clone(),
                    owner_id: owner_id.clone(),
                    at: *opened_at,
                });
            }
            AccountEvent::Deposited {
                amount, reference, ..
            } => {
                self.move_balance(amount.currency, amount.minor);
                self.no_longer_pending(reference.as_ref());
            }
            AccountEvent::Withdrawn {
                amount, reference, ..
            } => {
                self.move_balance(amount.currency, -amount.minor);
                let pending = reference.clone().map(|reference| (reference, *amount));
                self.pending.extend(pending);
            }
            AccountEvent::Settled { reference, .. } => self.no_longer_pending(Some(reference)),
            AccountEvent::Closed { closed_at, .. } => self.closed_at = Some(*closed_at),
        }
    }

    fn happens_at(command: &AccountCommand) -> Option<Timestamp> {
        Some(command.at())
    }
}

impl Account {
    /// What is there: nothing, in US dollars, before the first deposit.
    pub fn balance(&self) -> Money {
        self.balance.unwrap_or(Money::zero(Currency::USD))
    }

    /// Whether it can be used.
    pub fn status(&self) -> Status {
        match self.closed_at {
            None => Status::Active,
            Some(_) => Status::Closed,
        }
    }

    /// Checks what every payment needs: an account that is open, and its currency.
    pub(super) fn check_payment(&self, amount: Amount) -> Result<(), AccountError> {
        self.check_active()?;
        let asked = amount.money().currency;
        match self.balance {
            Some(Money { currency: kept, .. }) if kept != asked => {
                Err(AccountError::CurrencyMismatch { kept, asked })
            }
            _ => Ok(()),
        }
    }

    /// Checks that one more payment can be pending.
    pub(super) fn check_pending(&self, reference: &Reference) -> Result<(), AccountError> {
        if self.pending.contains_key(reference) {
            let reference = reference.clone();
            return Err(AccountError::AlreadyPending { reference });
        }
        if self.pending.len() >= MOST_PENDING {
            return Err(AccountError::TooManyPending { most: MOST_PENDING });
        }
        Ok(())
    }

    /// How many hundredths there are if all that is pending is given back.
    pub(super) fn minor_with_pending(&self) -> i64 {
        let pending = self.pending.values().map(|money| money.minor);
        pending.fold(self.balance().minor, i64::saturating_add)
    }

    pub(super) fn check_active(&self) -> Result<(), AccountError> {
        match (&self.opening, self.closed_at) {
            (None, _) => Err(AccountError::NotOpened),
            (_, Some(_)) => Err(AccountError::Closed),
            (Some(_), None) => Ok(()),
        }
    }

    fn move_balance(&mut self, currency: Currency, by: i64) {
        let balance = self.balance.get_or_insert(Money::zero(currency));
        // No rule of today let it overflow; a fact of other times must not stop the replay.
        balance.minor = balance.minor.saturating_add(by);
    }

    fn no_longer_pending(&mut self, reference: Option<&Reference>) {
        if let Some(reference) = reference {
            self.pending.remove(reference);
        }
    }
}

impl Status {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Closed => "closed",
        }
    }
}

/// Reads the word for it.
impl std::str::FromStr for Status {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "active" => Ok(Self::Active),
            "closed" => Ok(Self::Closed),
            _ => Err("must be active or closed"),
        }
    }
}

impl ColumnValue for Status {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.word().to_owned())
    }

    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value)?.parse().ok()
    }
}
