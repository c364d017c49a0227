//! The shape that a JSON Schema asks for: without what only documents it, and with each reference
//! replaced by what it refers to. So the names of types in Rust do not count.

use serde_json::{Map, Value, json};

/// What documents a schema and refuses nothing.
const ANNOTATIONS: [&str; 11] = [
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "title",
    "description",
    "examples",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
];

/// The shape that a schema asks for.
pub(crate) fn shape_of(schema: &Value) -> Value {
    let mut expansion = Expansion {
        definitions: schema.get("$defs"),
        open: Vec::new(),
    };
    expansion.expand(schema)
}

/// Adds the keywords of `part` to `shape`: both must hold. What cannot be put into one is kept apart,
/// under `allOf`.
pub(crate) fn merge(shape: &mut Map<String, Value>, part: Value) {
    let part = match part {
        Value::Bool(true) => return,
        Value::Object(part) => part,
        other => return keep_apart(shape, other),
    };
    for (keyword, value) in part {
        match shape.get_mut(&keyword) {
            None => {
                shape.insert(keyword, value);
            }
            Some(same) if *same == value => {}
            Some(Value::Array(names)) if keyword == "required" => add_names(names, value),
            Some(Value::Object(fields)) if keyword == "properties" => add_fields(fields, value),
            Some(_) => keep_apart(shape, json!({ keyword: value })),
        }
    }
}

fn add_names(names: &mut Vec<Value>, others: Value) {
    if let Value::Array(others) = others {
        names.extend(others);
        names.sort_by_key(Value::to_string);
        names.dedup();
    }
}

fn add_fields(fields: &mut Map<String, Value>, others: Value) {
    let Value::Object(others) = others else {
        return;
    };
    for (name, shape) in others {
        match fields.get_mut(&name) {
            Some(Value::Object(known)) => merge(known, shape),
            Some(_) | None => {
                fields.insert(name, shape);
            }
        }
    }
}

fn keep_apart(shape: &mut Map<String, Value>, part: Value) {
    let apart = shape.entry("allOf").or_insert_with(|| json!([]));
    if let Value::Array(apart) = apart {
        apart.push(part);
    }
}

struct Expansion<'a> {
    definitions: Option<&'a Value>,
    /// The references that are being replaced, outermost first.
    open: Vec<&'a str>,
}

impl<'a> Expansion<'a> {
    fn expand(&mut self, schema: &'a Value) -> Value {
        let Value::Object(keywords) = schema else {
            return schema.clone();
        };
        let mut shape = Map::new();
        for (keyword, value) in keywords {
            match (keyword.as_str(), value) {
                (annotation, _) if ANNOTATIONS.contains(&annotation) => {}
                ("$ref", Value::String(reference)) => merge(&mut shape, self.referred(reference)),
                ("allOf", Value::Array(parts)) => {
                    for part in parts {
                        merge(&mut shape, self.expand(part));
                    }
                }
                _ => merge(
                    &mut shape,
                    json!({ keyword: self.expand_keyword(keyword, value) }),
                ),
            }
        }
        Value::Object(shape)
    }

    fn expand_keyword(&mut self, keyword: &str, value: &'a Value) -> Value {
        match (keyword, value) {
            ("properties" | "patternProperties" | "dependentSchemas", Value::Object(fields)) => {
                let fields = fields.iter();
                fields
                    .map(|(name, field)| (name.clone(), self.expand(field)))
                    .collect()
            }
            ("oneOf" | "anyOf" | "prefixItems", Value::Array(parts)) => {
                parts.iter().map(|part| self.expand(part)).collect()
            }
            (
                "items"
                | "additionalProperties"
                | "unevaluatedProperties"
                | "propertyNames"
                | "contains"
                | "not"
                | "if"
                | "then"
                | "else",
                schema,
            ) => self.expand(schema),
            ("required", Value::Array(names)) => {
                let mut names = names.clone();
                names.sort_by_key(Value::to_string);
                Value::Array(names)
            }
            (_, value) => value.clone(),
        }
    }

    /// What is referred to. Of a type that holds itself, the inner one is `^n`: the one that is being
    /// replaced, n references out.
    fn referred(&mut self, reference: &'a str) -> Value {
        if let Some(at) = self.open.iter().position(|open| *open == reference) {
            return json!({ "$ref": format!("^{}", self.open.len() - at) });
        }
        let name = reference.strip_prefix("#/$defs/");
        let definition = name.and_then(|name| self.definitions?.get(unescaped(name)));
        let Some(definition) = definition else {
            return json!({ "$ref": reference });
        };
        self.open.push(reference);
        let shape = self.expand(definition);
        self.open.pop();
        shape
    }
}

/// A part of a JSON pointer (RFC 6901) as it is meant.
pub(crate) fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}
