//! What is recorded: the same fact for all, a deposit of 200 bytes of JSON.
//!
//! Each library wraps it in a form of its own; the fact stays the same.

/// Size of the fact as JSON.
pub(crate) const BYTES: usize = 200;
/// The name of what happened.
pub(crate) const EVENT_TYPE: &str = "MoneyDeposited";
/// What is deposited each time.
pub(crate) const AMOUNT: u64 = 1;

/// Fills the fact up to its size.
pub(crate) fn description() -> String {
    let frame = format!(r#"{{"amount":{AMOUNT},"description":""}}"#);
    "x".repeat(BYTES - frame.len())
}

/// The fact as JSON.
pub(crate) fn json() -> String {
    let description = description();
    format!(r#"{{"amount":{AMOUNT},"description":"{description}"}}"#)
}

/// The account of this number.
pub(crate) fn account(number: usize) -> String {
    format!("account-{number}")
}
