//! Currencies, by their ISO 4217 code.

use std::fmt;
use std::str::FromStr;

use annals::{ColumnKind, ColumnValue, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A currency: three upper-case letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String")]
pub struct Currency([u8; 3]);

/// A text that is no currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be three upper-case letters such as USD")]
pub struct NotCurrency;

impl Currency {
    /// US dollars: what is meant where no currency is named.
    pub const USD: Self = Self(*b"USD");
    /// Czech crowns.
    pub const CZK: Self = Self(*b"CZK");
    /// How many there can be.
    pub const MOST: u32 = 26 * 26 * 26;

    /// The code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a currency is made of ASCII letters")
    }
}

impl FromStr for Currency {
    type Err = NotCurrency;

    fn from_str(text: &str) -> Result<Self, NotCurrency> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(NotCurrency),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = NotCurrency;

    fn try_from(text: String) -> Result<Self, NotCurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl ColumnValue for Currency {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.code().to_owned())
    }

    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value)?.parse().ok()
    }
}
