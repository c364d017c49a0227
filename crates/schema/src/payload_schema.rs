//! The JSON Schema of one event type: the part of its variant in that of the enum, with the definitions
//! it needs.

use std::collections::BTreeMap;

use annals_core::EventSchema;
use serde_json::{Map, Value, json};

use crate::shape::unescaped;

const DEFINITIONS: &str = "$defs";

/// The schema of the payload of an event type; `None`: that of the enum has no such variant.
pub(crate) fn of(event: &EventSchema, whole: &Value) -> Option<Value> {
    let (description, payload) = variant(event.variant, whole)?;
    let mut schema = Map::new();
    if let Some(description) = description {
        schema.insert("description".to_owned(), description);
    }
    match payload {
        Value::Object(payload) => schema.extend(payload),
        other => schema.extend([("allOf".to_owned(), json!([other]))]),
    }
    schema.insert("title".to_owned(), json!(event.name));
    if let Some(dialect) = whole.get("$schema") {
        schema.insert("$schema".to_owned(), dialect.clone());
    }
    let needed = needed_definitions(&schema, whole);
    if !needed.is_empty() {
        schema.insert(DEFINITIONS.to_owned(), json!(needed));
    }
    let mut schema = Value::Object(schema);
    schema.sort_all_objects();
    Some(schema)
}

/// The names of the fields that are personal.
pub(crate) fn personal_fields(shape: &Value) -> Vec<String> {
    let fields = shape.get("properties").and_then(Value::as_object);
    let fields = fields.into_iter().flatten();
    let personal = fields.filter(|(_, shape)| is_personal(shape));
    personal.map(|(name, _)| name.clone()).collect()
}

fn is_personal(shape: &Value) -> bool {
    let choices = ["oneOf", "anyOf"]
        .into_iter()
        .filter_map(|key| shape.get(key)?.as_array());
    shape.get("x-personal").is_some() || choices.flatten().any(is_personal)
}

/// What documents a variant, and the schema of its fields.
fn variant(name: &str, whole: &Value) -> Option<(Option<Value>, Value)> {
    let variants = match whole.get("oneOf") {
        Some(Value::Array(variants)) => variants.as_slice(),
        _ => std::slice::from_ref(whole),
    };
    variants.iter().find_map(|variant| {
        let description = variant.get("description").cloned();
        let fields = variant.get("properties").and_then(|it| it.get(name));
        let is_listed = |names: &Vec<Value>| names.iter().any(|it| it == name);
        let is_bare = variant.get("const").is_some_and(|it| it == name)
            || variant
                .get("enum")
                .and_then(Value::as_array)
                .is_some_and(is_listed);
        match fields {
            Some(fields) => Some((description, fields.clone())),
            None if is_bare => Some((description, json!({ "type": "object" }))),
            None => None,
        }
    })
}

fn needed_definitions(schema: &Map<String, Value>, whole: &Value) -> BTreeMap<String, Value> {
    let mut needed = BTreeMap::new();
    let mut open: Vec<String> = schema.values().flat_map(references).collect();
    while let Some(name) = open.pop() {
        let definition = whole.get(DEFINITIONS).and_then(|all| all.get(&name));
        if let Some(definition) = definition
            && !needed.contains_key(&name)
        {
            open.extend(references(definition));
            needed.insert(name, definition.clone());
        }
    }
    needed
}

/// The names of the definitions that are referred to.
fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(keywords) => {
            let inner = keywords.values().flat_map(references);
            let own = keywords.get("$ref").and_then(Value::as_str);
            let own = own.and_then(|reference| reference.strip_prefix("#/$defs/"));
            inner.chain(own.map(unescaped)).collect()
        }
        Value::Array(parts) => parts.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
