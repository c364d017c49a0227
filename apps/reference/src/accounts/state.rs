//! The account that decides: its state, and which rule answers which command.

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
use super::withdraw::Withdraw;
use crate::money::{Amount, Currency, Money};

/// An account, as its events made it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// For whom and when it was opened; nothing before that.
    pub opening: Option<Opening>,
    /// What is there; nothing before the first deposit, which sets the currency.
    pub balance: Option<Money>,
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
            AccountCommand::Close(close) => close.decide(self),
        }
    }

    fn evolve(&mut self, event: &AccountEvent) {
        let at = match event {
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
                opened_at
            }
            AccountEvent::Deposited {
                amount, timestamp, ..
            } => {
                self.move_balance(amount.currency, amount.minor);
                timestamp
            }
            AccountEvent::Withdrawn {
                amount, timestamp, ..
            } => {
                self.move_balance(amount.currency, -amount.minor);
                timestamp
            }
            AccountEvent::Closed { closed_at, .. } => {
                self.closed_at = Some(*closed_at);
                closed_at
            }
        };
        self.updated_at = Some(*at);
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
