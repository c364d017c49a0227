//! Whether events of one shape are still read by code that declares another: the shape it declares
//! must take whatever the recorded one took.
//!
//! It compares the structure of what `schemars` writes. A keyword of JSON Schema that it does not
//! understand and that differs is refused: it cannot tell. In reading order: `alternatives` (the forms a
//! value may have), this file (one form), `objects` (fields), `limits` (numbers, lengths, formats),
//! `text` (a shape in short, for people).

use serde_json::{Map, Value};

use crate::difference::{Change, Difference};
use crate::shape::shape_of;

pub(crate) use text::in_short;

mod alternatives;
mod limits;
mod objects;
#[cfg(test)]
mod tests;
mod text;

/// What events of the schema `before` could hold that `after` does not take.
pub(crate) fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    shapes("", &shape_of(before), &shape_of(after))
}

/// Keywords that are compared; `default` where fields are.
const UNDERSTOOD: [&str; 24] = [
    "type",
    "const",
    "x-personal",
    "default",
    "format",
    "pattern",
    "multipleOf",
    "uniqueItems",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "prefixItems",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "contentEncoding",
];

fn shapes(path: &str, before: &Value, after: &Value) -> Vec<Difference> {
    if before == after {
        return Vec::new();
    }
    let (old, new) = (alternatives::of(before), alternatives::of(after));
    match (&old[..], &new[..]) {
        ([old], [new]) => forms(path, old, new),
        _ => old
            .iter()
            .flat_map(|form| alternatives::taken(path, form, &new, (before, after)))
            .collect(),
    }
}

fn takes_all(shape: &Value) -> bool {
    match shape {
        Value::Bool(takes) => *takes,
        Value::Object(keywords) => keywords.keys().all(|keyword| keyword == "default"),
        _ => false,
    }
}

/// True if anything in a shape is personal: what takes all would not open it.
fn holds_personal(shape: &Value) -> bool {
    match shape {
        Value::Object(keywords) => {
            keywords.contains_key("x-personal") || keywords.values().any(holds_personal)
        }
        Value::Array(parts) => parts.iter().any(holds_personal),
        _ => false,
    }
}

/// Compares two forms, neither of which is a choice.
fn forms(path: &str, before: &Value, after: &Value) -> Vec<Difference> {
    if takes_all(after) && !holds_personal(before) {
        return Vec::new();
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return vec![narrowed(path, before, after)];
    };
    let is_still_opened = !old.contains_key("x-personal") || new.contains_key("x-personal");
    if !is_still_opened || takes_all(after) || !takes_type(old, new) || !takes_constant(old, new) {
        return vec![narrowed(path, before, after)];
    }
    let mut found = limits::differences(path, old, new);
    found.extend(objects::differences(path, old, new));
    found.extend(items(path, old, new));
    found.extend(unclear(path, old, new));
    found
}

fn takes_type(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    match (type_of(old), type_of(new)) {
        (_, None) => true,
        (Some("integer"), Some("number")) => true,
        (old, new) => old == new,
    }
}

fn takes_constant(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    new.get("const")
        .is_none_or(|new| old.get("const") == Some(new))
}

fn type_of(form: &Map<String, Value>) -> Option<&str> {
    match form.get("const") {
        None => form.get("type")?.as_str(),
        Some(Value::Null) => Some("null"),
        Some(Value::Bool(_)) => Some("boolean"),
        Some(Value::Number(number)) if number.is_f64() => Some("number"),
        Some(Value::Number(_)) => Some("integer"),
        Some(Value::String(_)) => Some("string"),
        Some(Value::Array(_)) => Some("array"),
        Some(Value::Object(_)) => Some("object"),
    }
}

fn items(path: &str, old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<Difference> {
    let any = Value::Bool(true);
    let of = |form: &Map<String, Value>, keyword| form.get(keyword).unwrap_or(&any).clone();
    let mut found = shapes(&format!("{path}[]"), &of(old, "items"), &of(new, "items"));
    let places = |form: &Map<String, Value>| match form.get("prefixItems") {
        Some(Value::Array(places)) => places.clone(),
        _ => Vec::new(),
    };
    let old_places = places(old);
    for (index, new) in places(new).iter().enumerate() {
        let old = old_places.get(index).unwrap_or(&any);
        found.extend(shapes(&format!("{path}[{index}]"), old, new));
    }
    found
}

/// Keywords that are not understood here, and differ.
fn unclear(path: &str, old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<Difference> {
    let added = new.keys().filter(|keyword| !old.contains_key(*keyword));
    let keywords = old.keys().chain(added);
    keywords
        .filter(|keyword| !UNDERSTOOD.contains(&keyword.as_str()))
        .filter(|keyword| old.get(*keyword) != new.get(*keyword))
        .map(|keyword| of_keyword(path, Change::CannotTell, keyword, (old, new)))
        .collect()
}

/// That one keyword differs.
fn of_keyword(
    path: &str,
    change: Change,
    keyword: &str,
    (old, new): (&Map<String, Value>, &Map<String, Value>),
) -> Difference {
    let text = |form: &Map<String, Value>| {
        let value = form.get(keyword);
        value
            .map(|value| format!("{keyword}: {value}"))
            .unwrap_or_default()
    };
    Difference {
        path: path.to_owned(),
        change,
        before: text(old),
        after: text(new),
    }
}

fn narrowed(path: &str, before: &Value, after: &Value) -> Difference {
    Difference {
        path: path.to_owned(),
        change: Change::Narrowed,
        before: in_short(before),
        after: in_short(after),
    }
}
