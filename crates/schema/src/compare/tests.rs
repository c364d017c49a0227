//! Any small schema takes what it took; and what is taken away from it is noticed, wherever that is.

use proptest::collection::btree_map;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::differences;

/// A field: its shape, and whether it must be there.
type Field = (Value, bool);

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({ "type": "string" })),
        Just(json!({ "type": "string", "format": "date-time" })),
        Just(json!({ "type": "boolean" })),
        Just(json!({ "type": "integer", "format": "int64" })),
        Just(json!({ "type": "integer", "format": "uint8", "minimum": 0, "maximum": 255 })),
        Just(json!({ "type": "string", "enum": ["a", "b"] })),
        Just(json!({ "type": ["string", "null"] })),
        (0..9, 10..99)
            .prop_map(|(min, max)| json!({ "type": "number", "minimum": min, "maximum": max })),
    ]
}

fn shape() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            inner
                .clone()
                .prop_map(|items| json!({ "type": "array", "items": items })),
            inner
                .clone()
                .prop_map(|shape| json!({ "anyOf": [shape, { "type": "null" }] })),
            fields(inner).prop_map(|fields| object(&fields)),
        ]
    })
}

fn fields(shape: impl Strategy<Value = Value>) -> impl Strategy<Value = Vec<(String, Field)>> {
    let fields = btree_map("[a-f]", (shape, any::<bool>()), 1..5);
    fields.prop_map(|fields| fields.into_iter().collect())
}

fn object(fields: &[(String, Field)]) -> Value {
    let properties = fields
        .iter()
        .map(|(name, (shape, _))| (name.clone(), shape.clone()));
    let required = fields.iter().filter(|(_, (_, is_required))| *is_required);
    let required: Vec<_> = required.map(|(name, _)| name.clone()).collect();
    json!({
        "type": "object",
        "properties": properties.collect::<serde_json::Map<_, _>>(),
        "required": required,
    })
}

proptest! {
    #[test]
    fn a_schema_takes_what_it_took(shape in shape()) {
        prop_assert_eq!(differences(&shape, &shape), []);
    }

    #[test]
    fn a_definition_counts_as_what_it_says(shape in shape()) {
        let named = json!({ "$ref": "#/$defs/Name", "$defs": { "Name": &shape } });
        prop_assert_eq!(differences(&named, &shape), []);
        prop_assert_eq!(differences(&shape, &named), []);
    }

    #[test]
    fn a_removed_field_is_noticed(fields in fields(shape()), which: prop::sample::Index) {
        let mut fewer = fields.clone();
        fewer.remove(which.index(fields.len()));
        let found = differences(&object(&fields), &object(&fewer));
        prop_assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_renamed_field_is_noticed_once(fields in fields(shape()), which: prop::sample::Index) {
        let mut renamed = fields.clone();
        renamed[which.index(fields.len())].0 = "z".to_owned();
        let found = differences(&object(&fields), &object(&renamed));
        prop_assert_eq!(found.len(), 1);
        let told = found[0].to_string();
        prop_assert!(told.contains("looks like it was renamed to z"), "{}", told);
    }

    #[test]
    fn an_added_field_is_noticed_if_it_is_required(
        fields in fields(shape()),
        shape in shape(),
        is_required: bool,
    ) {
        let mut more = fields.clone();
        more.push(("z".to_owned(), (shape, is_required)));
        let found = differences(&object(&fields), &object(&more));
        prop_assert_eq!(found.len(), usize::from(is_required));
    }

    #[test]
    fn an_optional_field_that_becomes_required_is_noticed(
        fields in fields(shape()),
        which: prop::sample::Index,
    ) {
        let which = which.index(fields.len());
        let with = |is_required| {
            let mut fields = fields.clone();
            fields[which].1.1 = is_required;
            object(&fields)
        };
        prop_assert_eq!(differences(&with(false), &with(true)).len(), 1);
        prop_assert_eq!(differences(&with(true), &with(false)), []);
    }

    #[test]
    fn null_may_be_added_and_not_taken_away(shape in scalar()) {
        prop_assume!(shape["type"] != json!(["string", "null"]));
        let nullable = json!({ "anyOf": [&shape, { "type": "null" }] });
        prop_assert_eq!(differences(&shape, &nullable), []);
        prop_assert!(!differences(&nullable, &shape).is_empty());
    }
}
