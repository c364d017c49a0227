use annals::payload::Payload;
use annals::{Event, Timestamp, schema_of, upcast};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::accounts::AccountEvent;
use crate::money::{Currency, Money};

/// Hundredths of any payment of old times: floats hold them all exactly enough.
const HUNDREDTHS: std::ops::Range<i64> = 1..1_000_000_000_000;

/// An amount as it was written then: whole ones without a fraction.
fn plain(hundredths: i64) -> Value {
    match hundredths % 100 {
        0 => json!(hundredths / 100),
        #[expect(clippy::cast_precision_loss, reason = "it is what was done then")]
        _ => json!(hundredths as f64 / 100.0),
    }
}

fn payment(amount: Value, currency: Option<&str>, description: Option<&str>) -> Value {
    let mut fields = Map::from_iter([
        ("amount".to_owned(), amount),
        ("timestamp".to_owned(), json!(Timestamp::UNIX_EPOCH)),
    ]);
    let texts = [("currency", currency), ("description", description)];
    for (name, text) in texts {
        fields.extend(text.map(|text| (name.to_owned(), json!(text))));
    }
    Value::Object(fields)
}

fn read(event_type: &str, stored: u32, payload: Value) -> AccountEvent {
    let schema = schema_of::<AccountEvent>(event_type).unwrap();
    let (version, payload) = upcast(schema, stored, payload).unwrap();
    AccountEvent::decode(schema, version, Payload::Value(payload)).unwrap()
}

fn deposited(amount: Money, description: Option<String>) -> AccountEvent {
    AccountEvent::Deposited {
        amount,
        description,
        reference: None,
        timestamp: Timestamp::UNIX_EPOCH,
    }
}

fn withdrawn(amount: Money, description: Option<String>) -> AccountEvent {
    AccountEvent::Withdrawn {
        amount,
        description,
        reference: None,
        timestamp: Timestamp::UNIX_EPOCH,
    }
}

proptest! {
    #[test]
    fn any_plain_amount_was_in_us_dollars(
        hundredths in HUNDREDTHS,
        description in any::<Option<String>>(),
    ) {
        let payload = payment(plain(hundredths), None, description.as_deref());
        let amount = Money::of_minor(hundredths, Currency::USD);
        let deposit = read("MoneyDeposited", 1, payload.clone());
        prop_assert_eq!(deposit, deposited(amount, description.clone()));
        let withdrawal = read("MoneyWithdrawn", 1, payload);
        prop_assert_eq!(withdrawal, withdrawn(amount, description));
    }

    #[test]
    fn any_amount_with_a_currency_keeps_both(
        hundredths in HUNDREDTHS,
        currency in prop::sample::select(vec![Currency::USD, Currency::CZK]),
        description in any::<Option<String>>(),
    ) {
        let payload = payment(plain(hundredths), Some(currency.code()), description.as_deref());
        let amount = Money::of_minor(hundredths, currency);
        let deposit = read("MoneyDeposited", 2, payload);
        prop_assert_eq!(deposit, deposited(amount, description));
    }

    #[test]
    fn a_sum_of_floats_is_the_hundredth_that_it_meant(hundredths in prop::collection::vec(1..10_000_i64, 1..50)) {
        #[expect(clippy::cast_precision_loss, reason = "it is what was done then")]
        let sum: f64 = hundredths.iter().map(|it| *it as f64 / 100.0).sum();
        let payload = payment(json!(sum), None, None);
        let amount = Money::of_minor(hundredths.iter().sum(), Currency::USD);
        prop_assert_eq!(read("MoneyDeposited", 1, payload), deposited(amount, None));
    }

    #[test]
    fn what_nobody_ever_stored_is_left_for_decoding_to_name(payload in any::<Option<bool>>(), version in 1..3_u32) {
        let payload = payload.map_or(Value::Null, Value::from);
        let schema = schema_of::<AccountEvent>("MoneyDeposited").unwrap();
        let (version, left) = upcast(schema, version, payload.clone()).unwrap();
        prop_assert_eq!(&left, &payload);
        let refused = AccountEvent::decode(schema, version, Payload::Value(left)).unwrap_err();
        prop_assert!(refused.is_data(), "{}", refused);
    }
}
