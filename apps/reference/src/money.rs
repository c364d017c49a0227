//! Money: exact amounts in hundredths of a currency. No float comes near it.

use std::fmt;
use std::str::FromStr;

use annals::http::{Faults, JsonValue, text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod currency;
mod decimal;
mod schema;
mod total;

pub use currency::Currency;
pub use decimal::AmountFault;
pub use total::Total;

use decimal::{Decimal, parse_minor};

/// An amount of money in one currency, to the hundredth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "WrittenMoney", try_from = "WrittenMoney")]
#[schemars(with = "WrittenMoney")]
pub struct Money {
    /// Hundredths of the currency.
    pub minor: i64,
    /// Which currency.
    pub currency: Currency,
}

/// Money as it is written in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[schema(as = Money)]
pub struct WrittenMoney {
    /// An exact decimal with at most two fraction digits.
    #[schema(example = "1000.00")]
    pub value: String,
    /// Three upper-case letters.
    #[schema(example = "USD", value_type = String)]
    pub currency: Currency,
}

impl Money {
    /// The most that an amount or a balance can be: just under a quadrillion.
    pub const MAX_MINOR: i64 = decimal::MAX_MINOR;

    /// Nothing.
    pub fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// So many hundredths.
    pub fn of_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The exact decimal: `1000.00`.
    pub fn value(&self) -> impl fmt::Display + use<> {
        Decimal(self.minor)
    }

    /// True if it is nothing.
    pub fn is_zero(&self) -> bool {
        self.minor == 0
    }
}

/// Writes `1000.00 USD`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value(), self.currency)
    }
}

impl From<Money> for WrittenMoney {
    fn from(money: Money) -> Self {
        Self {
            value: money.value().to_string(),
            currency: money.currency,
        }
    }
}

impl TryFrom<WrittenMoney> for Money {
    type Error = AmountFault;

    fn try_from(written: WrittenMoney) -> Result<Self, AmountFault> {
        let minor = parse_minor(&written.value)?;
        Ok(Self::of_minor(minor, written.currency))
    }
}

/// Money that somebody pays in or out: greater than zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Money", try_from = "Money")]
pub struct Amount(Money);

impl Amount {
    /// Checks that there is something to pay.
    ///
    /// # Errors
    /// [`AmountFault::NotPositive`] and [`AmountFault::TooLarge`].
    pub fn new(money: Money) -> Result<Self, AmountFault> {
        match money.minor {
            ..=0 => Err(AmountFault::NotPositive),
            1..=Money::MAX_MINOR => Ok(Self(money)),
            _ => Err(AmountFault::TooLarge),
        }
    }

    /// How much.
    pub fn money(self) -> Money {
        self.0
    }

    /// Reads `1000.5`, `"1000.50"` (in US dollars) or `{"value": …, "currency": "USD"}`.
    ///
    /// # Errors
    /// What is wrong with it, part by part.
    pub fn read(value: JsonValue) -> Result<Self, Faults> {
        let JsonValue::Object(mut object) = value else {
            return read_positive(value, Currency::USD);
        };
        let currency = object.optional("currency", text(Currency::from_str));
        let currency = currency.unwrap_or(Currency::USD);
        let amount = object.required("value", |value| read_positive(value, currency));
        object.finish()?;
        amount.ok_or_else(|| Faults::whole("is required"))
    }
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        amount.money()
    }
}

impl TryFrom<Money> for Amount {
    type Error = AmountFault;

    fn try_from(money: Money) -> Result<Self, AmountFault> {
        Self::new(money)
    }
}

fn read_positive(value: JsonValue, currency: Currency) -> Result<Amount, Faults> {
    let (JsonValue::Number(decimal) | JsonValue::Text(decimal)) = value else {
        return Err(Faults::whole("must be a number, a decimal text or money"));
    };
    parse_minor(&decimal)
        .and_then(|minor| Amount::new(Money::of_minor(minor, currency)))
        .map_err(|fault| Faults::whole(fault.to_string()))
}

#[cfg(test)]
mod tests;
