//! The old shape of user events, brought to the newest.

use serde_json::{Value, json};

/// `UserRegistered` 1 → 2: a name becomes its first word and the rest. One that was erased, or that
/// nobody has the key for, is so in both parts.
pub(super) fn split_name(mut payload: Value) -> Value {
    if let Some(fields) = payload.as_object_mut() {
        let name = fields.remove("name").unwrap_or_else(|| json!(""));
        let (first, last) = match name.as_str() {
            Some(name) => split(name),
            None => (name.clone(), name),
        };
        fields.insert("firstName".to_owned(), first);
        fields.insert("lastName".to_owned(), last);
    }
    payload
}

fn split(name: &str) -> (Value, Value) {
    let name = name.trim();
    let (first, rest) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
    (json!(first), json!(rest.trim_start()))
}
