//! Limits of numbers, texts and lists, and formats.

use serde_json::{Map, Value};

use super::of_keyword;
use crate::difference::{Change, Difference};

const AT_LEAST: [&str; 5] = [
    "minimum",
    "exclusiveMinimum",
    "minLength",
    "minItems",
    "minProperties",
];

const AT_MOST: [&str; 5] = [
    "maximum",
    "exclusiveMaximum",
    "maxLength",
    "maxItems",
    "maxProperties",
];

/// Those that are only known to take the same when they are the same.
const EXACT: [&str; 4] = ["pattern", "multipleOf", "uniqueItems", "contentEncoding"];

pub(super) fn differences(
    path: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
) -> Vec<Difference> {
    let tightened = |keyword: &&str| match (old.get(*keyword), new.get(*keyword)) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(old), Some(new)) if AT_LEAST.contains(keyword) => !is_at_most(new, old),
        (Some(old), Some(new)) if AT_MOST.contains(keyword) => !is_at_most(old, new),
        (Some(old), Some(new)) => old != new,
    };
    let keywords = AT_LEAST.iter().chain(&AT_MOST).chain(&EXACT).copied();
    let narrowed = |keyword| of_keyword(path, Change::Narrowed, keyword, (old, new));
    let mut found: Vec<_> = keywords.filter(tightened).map(narrowed).collect();
    if found.is_empty() && !takes_format(old, new) {
        found.push(narrowed("format"));
    }
    found
}

/// As integers where both are, since numbers of 64 bits are no longer exact as floats.
fn is_at_most(smaller: &Value, larger: &Value) -> bool {
    match (integer(smaller), integer(larger)) {
        (Some(smaller), Some(larger)) => smaller <= larger,
        _ => smaller.as_f64() <= larger.as_f64(),
    }
}

fn integer(value: &Value) -> Option<i128> {
    let signed = value.as_i64().map(i128::from);
    signed.or_else(|| value.as_u64().map(i128::from))
}

fn takes_format(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    let format = |form: &Map<String, Value>| Some(form.get("format")?.as_str()?.to_owned());
    let Some(after) = format(new) else {
        return true;
    };
    let is_integer = old.get("type").is_some_and(|kind| kind == "integer");
    let Some(before) = format(old) else {
        return is_float(&after) && is_integer;
    };
    match (integers(&before), integers(&after)) {
        _ if before == after => true,
        (Some(before), Some(after)) => after.0 <= before.0 && before.1 <= after.1,
        (Some(_), None) => is_float(&after),
        _ => before == "float" && after == "double",
    }
}

fn is_float(format: &str) -> bool {
    ["float", "double"].contains(&format)
}

/// The integers of a format, as `schemars` names those of Rust.
fn integers(format: &str) -> Option<(i128, i128)> {
    Some(match format {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "int64" | "int" => (i64::MIN.into(), i64::MAX.into()),
        "uint8" => (0, u8::MAX.into()),
        "uint16" => (0, u16::MAX.into()),
        "uint32" => (0, u32::MAX.into()),
        "uint64" | "uint" => (0, u64::MAX.into()),
        _ => return None,
    })
}
