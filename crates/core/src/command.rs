//! Commands as messages: what one part of a service asks of another, by name.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A command that can be sent to whoever handles it, from here or from a saga's record.
pub trait Command: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its stable name, apart from the Rust name.
    const NAME: &'static str;
    /// What is answered once it was carried out.
    type Reply: Serialize + DeserializeOwned + Send;
    /// Why it may be refused.
    type Refusal: Serialize + DeserializeOwned + Send;

    /// All that is wrong with its shape, whatever the state of anything is: texts that are too long,
    /// amounts below zero. One with faults reaches no handler.
    fn faults(&self) -> Vec<FieldFault> {
        Vec::new()
    }
}

/// One field of a command, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFault {
    /// Which field, such as `amount.currency` or `lines[2].quantity`; empty for the command as a whole.
    pub field: String,
    /// What is wrong with it, to be read after the field's name: `must be greater than zero`.
    pub message: String,
}

impl FieldFault {
    /// What is wrong with a field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// A command on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Its name.
    pub command: String,
    /// What it says.
    pub payload: Value,
}

impl Request {
    /// A command, to be sent.
    ///
    /// # Panics
    /// When it has no JSON form, such as a map with keys that are no texts: a mistake in its type.
    pub fn of<C: Command>(command: &C) -> Self {
        let payload = serde_json::to_value(command);
        Self {
            command: C::NAME.to_owned(),
            payload: payload.expect("a command has a JSON form"),
        }
    }
}
