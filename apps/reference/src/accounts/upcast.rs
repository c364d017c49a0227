//! Old shapes of account events, brought to the newest step by step.

use serde_json::{Value, json};

use crate::money::Currency;

#[cfg(test)]
mod tests;

/// `MoneyDeposited` 1 → 2: amounts had no currency; they were US dollars.
pub(super) fn add_currency(mut payload: Value) -> Value {
    if let Some(fields) = payload.as_object_mut() {
        let usd = || json!(Currency::USD.code());
        fields.entry("currency").or_insert_with(usd);
    }
    payload
}

/// `MoneyDeposited` 2 → 3: amount and currency become money.
pub(super) fn nest_amount(mut payload: Value) -> Value {
    if let Some(fields) = payload.as_object_mut() {
        let currency = fields.remove("currency").unwrap_or_default();
        let amount = fields.remove("amount").unwrap_or_default();
        let money = json!({ "value": decimal(amount), "currency": currency });
        fields.insert("amount".to_owned(), money);
    }
    payload
}

/// `MoneyWithdrawn` 1 → 2: a plain amount in US dollars becomes money.
pub(super) fn money_of_plain_amount(payload: Value) -> Value {
    nest_amount(add_currency(payload))
}

/// A plain amount as an exact decimal. Amounts that were computed with floats, such as
/// `0.30000000000000004`, are brought to the hundredth they meant.
fn decimal(amount: Value) -> Value {
    match amount.as_f64() {
        Some(float) if !amount.is_i64() && !amount.is_u64() => json!(format!("{float:.2}")),
        Some(_) => json!(amount.to_string()),
        None => amount,
    }
}
