//! The forms a value may have: the variants of an enum, a value or null, one of some texts.

use serde_json::{Map, Value, json};

use super::{forms, narrowed, shapes, type_of};
use crate::difference::{Change, Difference};
use crate::shape::merge;

/// The forms of a shape, none of which is a choice.
pub(super) fn of(shape: &Value) -> Vec<Value> {
    let Value::Object(keywords) = shape else {
        return vec![shape.clone()];
    };
    let mut common = keywords.clone();
    common.remove("default");
    for choice in ["oneOf", "anyOf"] {
        if let Some(Value::Array(parts)) = common.remove(choice) {
            let parts = parts.into_iter().map(|part| both(common.clone(), part));
            return parts.flat_map(|part| of(&part)).collect();
        }
    }
    if let Some(Value::Array(values)) = common.remove("enum") {
        let values = values.into_iter();
        return values.map(|value| constant(value, &common)).collect();
    }
    if let Some(value) = common.remove("const") {
        return vec![constant(value, &common)];
    }
    if let Some(Value::Array(types)) = common.get("type").cloned() {
        let types = types
            .into_iter()
            .map(|of_type| typed(common.clone(), of_type));
        return types.collect();
    }
    vec![Value::Object(common)]
}

fn both(mut common: Map<String, Value>, part: Value) -> Value {
    merge(&mut common, part);
    Value::Object(common)
}

fn constant(value: Value, common: &Map<String, Value>) -> Value {
    match (value, common.get("x-personal")) {
        (Value::Null, _) => json!({ "type": "null" }),
        (value, None) => json!({ "const": value }),
        (value, Some(personal)) => json!({ "const": value, "x-personal": personal }),
    }
}

fn typed(mut common: Map<String, Value>, of_type: Value) -> Value {
    if of_type == "null" {
        return json!({ "type": "null" });
    }
    common.insert("type".to_owned(), of_type);
    Value::Object(common)
}

/// What of one recorded form none of the new ones takes. The whole of both is only for the message.
pub(super) fn taken(
    path: &str,
    form: &Value,
    new: &[Value],
    (before, after): (&Value, &Value),
) -> Vec<Difference> {
    if new.iter().any(|new| forms(path, form, new).is_empty()) {
        return Vec::new();
    }
    if let Some(counterpart) = counterpart(form, new) {
        return shapes(path, form, counterpart);
    }
    match label(form) {
        Some(label) => vec![Difference {
            path: path.to_owned(),
            change: Change::VariantRemoved,
            before: label,
            after: String::new(),
        }],
        None => vec![narrowed(path, before, after)],
    }
}

/// The form that a recorded one is to be compared with: of the same label, or else the only one of its
/// type.
fn counterpart<'a>(form: &Value, new: &'a [Value]) -> Option<&'a Value> {
    let of_form = label(form);
    if of_form.is_some() {
        return new.iter().find(|new| label(new) == of_form);
    }
    let of_type = |shape: &Value| shape.as_object().and_then(type_of).map(str::to_owned);
    let mut same = new.iter().filter(|new| of_type(new) == of_type(form));
    let first = same.next()?;
    (same.next().is_none() && label(first).is_none()).then_some(first)
}

/// What tells a variant from others: its value, its tag, or the one field around it.
fn label(form: &Value) -> Option<String> {
    if let Some(value) = form.get("const") {
        return Some(value.to_string());
    }
    let fields = form.get("properties")?.as_object()?;
    let required = form.get("required")?.as_array()?;
    let names = || required.iter().filter_map(Value::as_str);
    let tag = names().find_map(|name| Some((name, fields.get(name)?.get("const")?)));
    if let Some((name, value)) = tag {
        return Some(format!("{name}: {value}"));
    }
    let is_closed = form.get("additionalProperties") == Some(&Value::Bool(false));
    let is_wrapped = is_closed && fields.len() == 1 && required.len() == 1;
    is_wrapped.then(|| names().collect())
}
