//! The same three steps twice: on JSON, and of types.

use annals_core::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::events::{Deposit, Money};

const CURRENCY: &str = "USD";

pub(crate) fn add_currency(mut payload: Value) -> Value {
    payload["currency"] = json!(CURRENCY);
    payload
}

pub(crate) fn nest_amount(mut payload: Value) -> Value {
    let value = payload["amount"].take();
    let currency = payload["currency"].take();
    payload["amount"] = json!({ "value": value, "currency": currency });
    payload
}

pub(crate) fn rename_time(mut payload: Value) -> Value {
    payload["timestamp"] = payload["time"].take();
    payload
}

#[derive(Deserialize)]
pub(crate) struct First {
    owner: String,
    amount: String,
    description: Option<String>,
    time: Timestamp,
}

struct Second {
    owner: String,
    amount: String,
    currency: String,
    description: Option<String>,
    time: Timestamp,
}

struct Third {
    owner: String,
    amount: Money,
    description: Option<String>,
    time: Timestamp,
}

pub(crate) fn to_newest(first: First) -> Deposit {
    Third::from(Second::from(first)).into()
}

impl From<First> for Second {
    fn from(first: First) -> Self {
        Self {
            owner: first.owner,
            amount: first.amount,
            currency: CURRENCY.to_owned(),
            description: first.description,
            time: first.time,
        }
    }
}

impl From<Second> for Third {
    fn from(second: Second) -> Self {
        Self {
            owner: second.owner,
            amount: Money {
                value: second.amount,
                currency: second.currency,
            },
            description: second.description,
            time: second.time,
        }
    }
}

impl From<Third> for Deposit {
    fn from(third: Third) -> Self {
        Self::Made {
            owner: third.owner,
            amount: third.amount,
            description: third.description,
            timestamp: third.time,
        }
    }
}
