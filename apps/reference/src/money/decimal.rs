//! Exact decimals with two fraction digits, read and written digit by digit.

use std::fmt;

/// The most hundredths there can be.
pub(super) const MAX_MINOR: i64 = 99_999_999_999_999_999;

/// Why a text is no amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountFault {
    /// Something else than digits and one point.
    #[error("must be a decimal number such as 1000 or 1000.50")]
    NotDecimal,
    /// A number in scientific notation.
    #[error("must be written without an exponent")]
    Exponent,
    /// Hundredths are the smallest unit.
    #[error("must have at most two fraction digits")]
    TooPrecise,
    /// Zero or less.
    #[error("must be greater than zero")]
    NotPositive,
    /// More than [`Money::MAX_MINOR`](super::Money::MAX_MINOR).
    #[error("must be at most {}", Decimal(MAX_MINOR))]
    TooLarge,
}

/// Reads an exact decimal as hundredths.
pub(super) fn parse_minor(text: &str) -> Result<i64, AmountFault> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return Err(AmountFault::NotDecimal),
        None => (digits, ""),
    };
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.starts_with(|c: char| c.is_ascii_digit()) && text.contains(['e', 'E']) {
        return Err(AmountFault::Exponent);
    }
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return Err(AmountFault::NotDecimal);
    }
    if fraction.len() > 2 {
        return Err(AmountFault::TooPrecise);
    }
    let minor = format!("{whole}{fraction:0<2}").parse::<i64>();
    let minor = minor.map_err(|_| AmountFault::TooLarge)?;
    if minor > MAX_MINOR {
        return Err(AmountFault::TooLarge);
    }
    Ok(if negative { -minor } else { minor })
}

/// Hundredths as a decimal with two fraction digits.
pub(super) struct Decimal<N>(pub(super) N);

impl<N: Copy + Into<i128>> fmt::Display for Decimal<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minor: i128 = self.0.into();
        let sign = if minor < 0 { "-" } else { "" };
        let minor = minor.unsigned_abs();
        write!(f, "{sign}{}.{:02}", minor / 100, minor % 100)
    }
}
