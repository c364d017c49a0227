use super::*;

fn read(json: &str) -> Result<Money, Vec<(String, String)>> {
    let value = JsonValue::parse(json).unwrap();
    Amount::read(value).map(Amount::money).map_err(|faults| {
        let faults = faults.into_vec().into_iter();
        faults.map(|fault| (fault.field, fault.message)).collect()
    })
}

fn fault(field: &str, message: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), message.to_owned())]
}

#[test]
fn amounts_are_read_exactly_in_all_their_forms() {
    let czk = Currency::CZK;
    let cases = [
        ("1000", Money::of_minor(100_000, Currency::USD)),
        ("1000.5", Money::of_minor(100_050, Currency::USD)),
        ("0.01", Money::of_minor(1, Currency::USD)),
        (r#""1000.00""#, Money::of_minor(100_000, Currency::USD)),
        (
            r#"{"value": "0.29", "currency": "CZK"}"#,
            Money::of_minor(29, czk),
        ),
        (
            r#"{"value": 0.29, "currency": "CZK"}"#,
            Money::of_minor(29, czk),
        ),
        (r#"{"value": "5"}"#, Money::of_minor(500, Currency::USD)),
        (
            "999999999999999.99",
            Money::of_minor(Money::MAX_MINOR, Currency::USD),
        ),
    ];
    for (json, money) in cases {
        assert_eq!(read(json), Ok(money), "{json}");
    }
}

#[test]
fn each_unfit_amount_is_refused_for_its_reason() {
    let largest = "must be at most 999999999999999.99";
    let cases = [
        ("0", "must be greater than zero"),
        ("-0.00", "must be greater than zero"),
        ("-5", "must be greater than zero"),
        ("1.005", "must have at most two fraction digits"),
        ("1.000", "must have at most two fraction digits"),
        (
            "0.30000000000000004",
            "must have at most two fraction digits",
        ),
        ("1e3", "must be written without an exponent"),
        ("1.5E3", "must be written without an exponent"),
        ("1000000000000000.00", largest),
        ("99999999999999999999999999", largest),
        (
            r#""1,000.00""#,
            "must be a decimal number such as 1000 or 1000.50",
        ),
        (
            r#""+5""#,
            "must be a decimal number such as 1000 or 1000.50",
        ),
        (
            r#"" 5""#,
            "must be a decimal number such as 1000 or 1000.50",
        ),
        (
            r#""5.""#,
            "must be a decimal number such as 1000 or 1000.50",
        ),
        (
            r#"".5""#,
            "must be a decimal number such as 1000 or 1000.50",
        ),
        (r#""""#, "must be a decimal number such as 1000 or 1000.50"),
        (
            r#""NaN""#,
            "must be a decimal number such as 1000 or 1000.50",
        ),
        (r#""٣""#, "must be a decimal number such as 1000 or 1000.50"),
        ("true", "must be a number, a decimal text or money"),
        ("[1]", "must be a number, a decimal text or money"),
    ];
    for (json, message) in cases {
        assert_eq!(read(json), Err(fault("", message)), "{json}");
    }
}

#[test]
fn every_part_of_money_is_checked() {
    let bad = read(r#"{"value": "-1", "currency": "usd", "unit": 1}"#).unwrap_err();
    let fields: Vec<_> = bad.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["currency", "value", "unit"]);
    assert_eq!(read("{}"), Err(fault("value", "is required")));
}

#[test]
fn money_is_written_with_two_fraction_digits_and_read_back() {
    for (minor, text) in [
        (5, "0.05"),
        (-5, "-0.05"),
        (100_000, "1000.00"),
        (-12_345, "-123.45"),
    ] {
        let money = Money::of_minor(minor, Currency::USD);
        let json = serde_json::to_value(money).unwrap();
        assert_eq!(
            json,
            serde_json::json!({ "value": text, "currency": "USD" })
        );
        assert_eq!(serde_json::from_value::<Money>(json).unwrap(), money);
    }
}

#[test]
fn totals_outgrow_every_amount_and_sort_as_texts() {
    use annals::ColumnValue;
    let most = Money::of_minor(Money::MAX_MINOR, Currency::USD);
    let mut total = Total::default();
    let mut before = total.to_value();
    for _ in 0..1_000 {
        total = total.plus(most);
        assert_eq!(Total::from_value(total.to_value()), Some(total));
        assert!(format!("{:?}", total.to_value()) > format!("{before:?}"));
        before = total.to_value();
    }
    assert_eq!(total.value().to_string(), "999999999999999990.00");
    assert_eq!(
        total.average(1_000).value().to_string(),
        most.value().to_string()
    );
}
