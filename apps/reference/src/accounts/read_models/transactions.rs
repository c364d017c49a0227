//! `transaction_history`: one row for each payment, with the balance after it.
//!
//! It needs the balance before it, which a fold by key does not see: that is a row of its own, one
//! for each account. Another one for each currency counts payments.

use annals::{
    Aggregate, ColumnKind, ColumnValue, NotLoaded, ReadModel, Recorded, Rows, StreamVersion,
    TableProjection, TableShape, Timestamp, Value,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{Account, AccountEvent, AccountId, Reference};
use crate::money::{Currency, Money};

/// Keeps `transaction_history` up to date.
#[derive(Debug, Clone, Copy)]
pub struct TransactionHistory;

/// A payment.
#[derive(ReadModel, Debug, Clone, PartialEq, Eq)]
#[read_model(table = "transaction_history")]
pub struct Transaction {
    /// Which account.
    #[key]
    pub account_id: AccountId,
    /// The version of its event.
    #[key]
    pub version: StreamVersion,
    /// In or out.
    pub kind: TransactionKind,
    /// In which currency.
    pub currency: Currency,
    /// How many hundredths of it.
    pub amount_minor: i64,
    /// What for.
    pub description: Option<String>,
    /// What it is part of.
    pub reference: Option<Reference>,
    /// How many hundredths were there after it.
    pub balance_after_minor: i64,
    /// When.
    pub at: Timestamp,
}

/// How many payments there are in a currency.
#[derive(ReadModel, Debug, Clone, PartialEq, Eq)]
#[read_model(table = "payment_counts")]
pub struct PaymentCounts {
    /// Which currency.
    #[key]
    pub currency: Currency,
    /// How many in.
    pub deposits: u64,
    /// How many out.
    pub withdrawals: u64,
}

/// What is there after the newest payment of an account.
#[derive(ReadModel, Debug, Clone)]
#[read_model(table = "account_running_balances")]
struct RunningBalance {
    #[key]
    account_id: AccountId,
    balance_minor: i64,
}

/// Which way money went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TransactionKind {
    /// In.
    Deposit,
    /// Out.
    Withdrawal,
}

impl TableProjection for TransactionHistory {
    type Event = AccountEvent;
    const NAME: &'static str = "transaction_history";
    const CATEGORIES: &'static [&'static str] = &[Account::CATEGORY];
    const REVISION: u32 = 2;

    fn tables() -> Vec<TableShape> {
        vec![
            TableShape::of::<Transaction>(),
            TableShape::of::<RunningBalance>(),
            TableShape::of::<PaymentCounts>(),
        ]
    }

    fn apply(rows: &mut Rows, event: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
        let Some(payment) = Payment::of(event) else {
            return Ok(());
        };
        let (account_id, currency) = (payment.account_id.clone(), payment.amount.currency);
        let balance = rows.get::<RunningBalance>(&account_id)?;
        let counts = rows.get::<PaymentCounts>(&currency)?;
        let balance_minor = payment.added_to(balance.map_or(0, |balance| balance.balance_minor));
        let counts = counts.unwrap_or(PaymentCounts::none(currency));
        rows.put(counts.with(payment.kind));
        rows.put(RunningBalance {
            account_id,
            balance_minor,
        });
        rows.put(payment.with_balance_after(balance_minor));
        Ok(())
    }
}

/// What an event tells of a payment.
struct Payment {
    account_id: AccountId,
    version: StreamVersion,
    kind: TransactionKind,
    amount: Money,
    description: Option<String>,
    reference: Option<Reference>,
    at: Timestamp,
}

impl Payment {
    fn of(event: &Recorded<AccountEvent>) -> Option<Self> {
        use TransactionKind as Kind;
        let (kind, amount, description, reference, timestamp) = match &event.event {
            AccountEvent::Deposited {
                amount,
                description,
                reference,
                timestamp,
            } => (Kind::Deposit, amount, description, reference, timestamp),
            AccountEvent::Withdrawn {
                amount,
                description,
                reference,
                timestamp,
            } => (Kind::Withdrawal, amount, description, reference, timestamp),
            _ => return None,
        };
        Some(Self {
            // A stream of another making may have an id that no account can have.
            account_id: event.record.stream.id().parse().ok()?,
            version: event.record.version,
            kind,
            amount: *amount,
            description: description.clone(),
            reference: reference.clone(),
            at: *timestamp,
        })
    }

    fn added_to(&self, balance_minor: i64) -> i64 {
        match self.kind {
            TransactionKind::Deposit => balance_minor.saturating_add(self.amount.minor),
            TransactionKind::Withdrawal => balance_minor.saturating_sub(self.amount.minor),
        }
    }

    fn with_balance_after(self, balance_after_minor: i64) -> Transaction {
        Transaction {
            account_id: self.account_id,
            version: self.version,
            kind: self.kind,
            currency: self.amount.currency,
            amount_minor: self.amount.minor,
            description: self.description,
            reference: self.reference,
            balance_after_minor,
            at: self.at,
        }
    }
}

impl Transaction {
    /// How much.
    pub fn amount(&self) -> Money {
        Money::of_minor(self.amount_minor, self.currency)
    }

    /// What was there after it.
    pub fn balance_after(&self) -> Money {
        Money::of_minor(self.balance_after_minor, self.currency)
    }
}

impl PaymentCounts {
    /// No payments in a currency.
    pub fn none(currency: Currency) -> Self {
        Self {
            currency,
            deposits: 0,
            withdrawals: 0,
        }
    }

    fn with(mut self, kind: TransactionKind) -> Self {
        match kind {
            TransactionKind::Deposit => self.deposits += 1,
            TransactionKind::Withdrawal => self.withdrawals += 1,
        }
        self
    }
}

impl TransactionKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Withdrawal => "withdrawal",
        }
    }
}

impl ColumnValue for TransactionKind {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.word().to_owned())
    }

    fn from_value(value: Value) -> Option<Self> {
        match String::from_value(value)?.as_str() {
            "deposit" => Some(Self::Deposit),
            "withdrawal" => Some(Self::Withdrawal),
            _ => None,
        }
    }
}
