//! How values are kept.

use serde_json::json;

use super::{ColumnValue, Value};

fn kept(json: &serde_json::Value) -> String {
    match json.to_value() {
        Value::Json(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn json_numbers_are_kept_by_what_they_are_worth() {
    for (number, expected) in [
        (json!(1.0), "1"),
        (json!(-0.0), "0"),
        (json!(1e16), "10000000000000000"),
        (json!(-1e18), "-1000000000000000000"),
        (json!(1.8e19), "18000000000000000000"),
        (json!(1e300), "1e+300"),
        (json!(0.1), "0.1"),
        (json!(1e-7), "1e-7"),
        (json!(u64::MAX), "18446744073709551615"),
        (json!(i64::MIN), "-9223372036854775808"),
        (json!([1.0, {"a": [-0.0]}]), r#"[1,{"a":[0]}]"#),
    ] {
        assert_eq!(kept(&number), expected);
    }
}

#[test]
fn what_is_kept_of_json_is_kept_the_same_again() {
    for number in [
        json!(1e16),
        json!(1.5e300),
        json!(5e-324),
        json!(0.3),
        json!(2e19),
    ] {
        let read = serde_json::Value::from_value(number.to_value()).unwrap();
        assert_eq!(read.as_f64(), number.as_f64());
        assert_eq!(kept(&read), kept(&number));
    }
}

#[test]
fn nul_is_found_in_texts_and_in_json_and_nowhere_else() {
    let escaped_backslash = json!({"a": "\\u0000"});
    for (value, holds_nul) in [
        ("a\0b".to_owned().to_value(), true),
        ("a\\0b".to_owned().to_value(), false),
        (json!({"a": ["\n\\\0"]}).to_value(), true),
        (json!({"\0": 1}).to_value(), true),
        (escaped_backslash.to_value(), false),
        (json!("\\").to_value(), false),
        (0_i64.to_value(), false),
    ] {
        assert_eq!(value.holds_nul(), holds_nul, "{value:?}");
    }
}
