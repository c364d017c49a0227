use std::str::FromStr;

use super::*;
use crate::faults::Fault;

fn object(json: &str) -> Object {
    match JsonValue::parse(json).unwrap() {
        JsonValue::Object(object) => object,
        other => panic!("{other:?} is no object"),
    }
}

fn faults(object: Object) -> Vec<(String, String)> {
    let faults = object.finish().unwrap_err().into_vec();
    let pair = |Fault { field, message }| (field, message);
    faults.into_iter().map(pair).collect()
}

fn fault(field: &str, message: &str) -> (String, String) {
    (field.to_owned(), message.to_owned())
}

fn as_written(value: JsonValue) -> Result<String, Faults> {
    match value {
        JsonValue::Number(text) => Ok(text),
        other => Err(Faults::whole(format!("is {other:?}"))),
    }
}

#[test]
fn numbers_come_as_they_are_written() {
    for number in [
        "1000",
        "1000.50",
        "0.1",
        "-3",
        "1e3",
        "123456789012345678901234567890.12",
    ] {
        let mut object = object(&format!(r#"{{"amount": {number} }}"#));
        assert_eq!(
            object.required("amount", as_written).as_deref(),
            Some(number)
        );
        assert!(object.finish().is_ok());
    }
}

#[test]
fn every_fault_is_found_at_once() {
    let mut object = object(r#"{"name": 5, "age": "x", "colour": "red", "age": 1}"#);
    assert!(object.required("name", text(String::from_str)).is_none());
    assert!(object.required("owner", text(String::from_str)).is_none());
    assert!(object.optional("age", text(u8::from_str)).is_none());
    let expected = [
        fault("name", "must be a text"),
        fault("owner", "is required"),
        fault("age", "is given more than once"),
        fault("age", "invalid digit found in string"),
        fault("colour", "is not known"),
    ];
    assert_eq!(faults(object), expected);
}

#[test]
fn faults_of_a_nested_object_are_named_by_their_path() {
    let mut object = object(r#"{"amount": {"value": "x", "unit": 1}}"#);
    let amount = object.required("amount", |value| {
        let JsonValue::Object(mut money) = value else {
            panic!("it is an object");
        };
        let value = money.required("value", text(u8::from_str));
        money.finish().map(|()| value)
    });
    assert!(amount.is_none());
    let expected = [
        fault("amount.value", "invalid digit found in string"),
        fault("amount.unit", "is not known"),
    ];
    assert_eq!(faults(object), expected);
}

#[test]
fn null_is_as_good_as_missing() {
    let mut object = object(r#"{"a": null, "b": null}"#);
    assert!(object.optional("a", text(String::from_str)).is_none());
    assert!(object.required("b", text(String::from_str)).is_none());
    assert_eq!(faults(object), [fault("b", "is required")]);
}

#[test]
fn half_a_surrogate_pair_is_a_fault_of_its_field() {
    let mut object = object(r#"{"name": "\ud800"}"#);
    assert!(object.required("name", text(String::from_str)).is_none());
    let [(field, message)] = &faults(object)[..] else {
        panic!("one fault");
    };
    assert_eq!(field, "name");
    assert!(message.starts_with("cannot be read"), "{message}");
}

#[test]
fn nesting_is_bounded_and_brackets_in_texts_do_not_count() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(JsonValue::parse(&nested(MAX_DEPTH)).is_ok());
    assert!(JsonValue::parse(&nested(MAX_DEPTH + 1)).is_err());
    assert!(JsonValue::parse(&nested(100_000)).is_err());
    let in_text = format!(r#"["\"{}"]"#, "[".repeat(100));
    assert!(JsonValue::parse(&in_text).is_ok());
}

#[test]
fn what_is_no_json_is_refused() {
    for text in [
        "",
        "{",
        "{\"a\":}",
        "nul",
        "{} {}",
        "{'a': 1}",
        "01",
        "{\"a\": 1,}",
    ] {
        assert!(JsonValue::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn an_object_that_is_kept_as_it_is_has_each_field_once() {
    let kept = object(r#"{"a": [1, 2.5], "b": {"c": null}}"#).into_map();
    let expected = serde_json::json!({"a": [1, 2.5], "b": {"c": null}});
    assert_eq!(Value::Object(kept.unwrap()), expected);

    let faults = object(r#"{"a": 1, "a": 2, "b": 1e999}"#).into_map();
    let faults = faults.unwrap_err().into_vec();
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["a", "b"]);
}
