//! A shape in short, for people: `string`, `integer (uint32)`, `"A" | "B"`, `{ amount, memo? }`.

use serde_json::{Map, Value};

use super::{alternatives, type_of};

/// A shape on one line.
pub(crate) fn in_short(shape: &Value) -> String {
    let forms = alternatives::of(shape);
    let forms: Vec<String> = forms.iter().map(form).collect();
    forms.join(" | ")
}

fn form(form: &Value) -> String {
    let Value::Object(keywords) = form else {
        return if *form == Value::Bool(true) {
            "anything"
        } else {
            "nothing"
        }
        .to_owned();
    };
    if let Some(value) = keywords.get("const") {
        return value.to_string();
    }
    let personal = keywords.get("x-personal").map_or("", |_| "personal ");
    let shape = match type_of(keywords) {
        Some("object") => object(keywords),
        Some("array") => array(keywords),
        Some(other) => scalar(other, keywords),
        None => "anything".to_owned(),
    };
    format!("{personal}{shape}")
}

fn scalar(of_type: &str, keywords: &Map<String, Value>) -> String {
    match keywords.get("format").and_then(Value::as_str) {
        Some(format) => format!("{of_type} ({format})"),
        None => of_type.to_owned(),
    }
}

fn array(keywords: &Map<String, Value>) -> String {
    match keywords.get("items") {
        Some(items) => format!("list of {}", in_short(items)),
        None => "list".to_owned(),
    }
}

fn object(keywords: &Map<String, Value>) -> String {
    let Some(Value::Object(fields)) = keywords.get("properties") else {
        return "object".to_owned();
    };
    let required = keywords.get("required").and_then(Value::as_array);
    let is_required = |name: &String| required.is_some_and(|it| it.iter().any(|it| it == name));
    let mark = |name: &String| if is_required(name) { "" } else { "?" };
    let names: Vec<String> = fields
        .keys()
        .map(|name| format!("{name}{}", mark(name)))
        .collect();
    format!("{{ {} }}", names.join(", "))
}
