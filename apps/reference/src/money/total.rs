//! Totals: sums over any number of amounts, which must never overflow.

use annals::{ColumnKind, ColumnValue, Value};

use super::decimal::Decimal;
use super::{Currency, Money, WrittenMoney};

/// A sum of hundredths of one currency, wide enough for all amounts there can ever be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Total(i128);

/// Digits of the widest sum of positive amounts.
const DIGITS: usize = 38;

impl Total {
    /// The sum with one amount more.
    #[must_use]
    pub fn plus(self, amount: Money) -> Self {
        Self(self.0.saturating_add(amount.minor.into()))
    }

    /// The sum with one amount less.
    #[must_use]
    pub fn minus(self, amount: Money) -> Self {
        Self(self.0.saturating_sub(amount.minor.into()))
    }

    /// What each of so many gets, rounded down to the hundredth; all of it if there is none.
    #[must_use]
    pub fn average(self, of: u64) -> Self {
        Self(self.0.div_euclid(i128::from(of.max(1))))
    }

    /// As money is written in JSON.
    pub fn written(self, currency: Currency) -> WrittenMoney {
        WrittenMoney {
            value: Decimal(self.0).to_string(),
            currency,
        }
    }

    /// The exact decimal: `1000.00`.
    pub fn value(self) -> impl std::fmt::Display {
        Decimal(self.0)
    }
}

/// Kept as a text of fixed width: sums outgrow the 64 bits of a database's integers. None is below
/// zero, so that texts sort as sums do.
impl ColumnValue for Total {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        Value::Text(format!("{:0DIGITS$}", self.0))
    }

    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value)?.parse().ok().map(Self)
    }
}
