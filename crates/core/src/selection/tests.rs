//! What a database is asked.

use std::ops::Bound;

use super::{Condition, Operator, Selection};
use crate::column::{Column, ColumnError, ColumnKind, ColumnValue, Value};
use crate::read_model::{Index, ReadModel};
use crate::read_models::QueryError;

#[derive(Clone, Debug)]
struct Account;

impl ReadModel for Account {
    type Key = u64;
    const TABLE: &'static str = "accounts";
    const COLUMNS: &'static [Column] = &[
        column("number", ColumnKind::Integer, true),
        column("title", ColumnKind::Text, false),
        column("attributes", ColumnKind::Json, false),
    ];
    const INDEXES: &'static [Index] = &[];

    fn key(&self) -> u64 {
        0
    }

    fn key_values(key: &u64) -> Vec<Value> {
        vec![key.to_value()]
    }

    fn to_values(&self) -> Vec<Value> {
        Vec::new()
    }

    fn from_values(_: Vec<Value>) -> Result<Self, ColumnError> {
        Ok(Self)
    }
}

const fn column(name: &'static str, kind: ColumnKind, key: bool) -> Column {
    Column {
        name,
        kind,
        nullable: false,
        key,
    }
}

fn conditions(selection: Selection<Account>) -> Vec<(Operator, Value)> {
    let conditions = selection.into_select().unwrap().conditions.into_iter();
    conditions
        .map(
            |Condition {
                 operator, value, ..
             }| (operator, value),
        )
        .collect()
}

const GREATEST: Value = Value::Integer(i64::MAX);
const ABOVE_ALL: u64 = u64::MAX;

#[test]
fn a_column_that_is_not_declared_is_refused_by_name() {
    let selection = Selection::<Account>::new().equal("balance", &1_i64);
    let refused = selection.into_select().unwrap_err();
    assert!(matches!(refused, QueryError::UnknownColumn { column, .. } if column == "balance"));
}

#[test]
fn what_has_no_meaning_for_a_column_is_refused() {
    let new = Selection::<Account>::new;
    let json = serde_json::json!({});
    for selection in [
        new().within("attributes", json.clone()..),
        new().containing("title", &json),
        new().matching("number", "one"),
        new().matching("attributes", "one"),
    ] {
        let refused = selection.into_select();
        assert!(
            matches!(refused, Err(QueryError::Refused { .. })),
            "{refused:?}"
        );
    }
    let all = new()
        .equal("attributes", &json)
        .containing("attributes", &json)
        .matching("title", "one")
        .within("title", "a".to_owned()..);
    assert_eq!(conditions(all).len(), 4);
}

#[test]
fn a_number_above_all_that_are_stored_is_above_each_of_them() {
    let new = Selection::<Account>::new;
    let none = vec![(Operator::Above, GREATEST)];
    let all = vec![(Operator::AtMost, GREATEST)];
    let beyond = (Bound::Excluded(ABOVE_ALL), Bound::Unbounded);
    assert_eq!(conditions(new().equal("number", &ABOVE_ALL)), none);
    assert_eq!(conditions(new().within("number", ABOVE_ALL..)), none);
    assert_eq!(conditions(new().within("number", beyond)), none);
    assert_eq!(conditions(new().within("number", ..ABOVE_ALL)), all);
    assert_eq!(conditions(new().within("number", ..=ABOVE_ALL)), all);
    let after = new().after(&ABOVE_ALL).into_select().unwrap().after;
    assert_eq!(after, Some(vec![GREATEST]));
}

#[test]
fn json_is_compared_whatever_the_order_of_its_members() {
    let one: serde_json::Value =
        serde_json::from_str(r#"{"b": 1, "a": {"d": 2, "c": 3}}"#).unwrap();
    let other: serde_json::Value = serde_json::from_str(r#"{"a":{"c":3,"d":2},"b":1}"#).unwrap();
    assert_eq!(one.to_value(), other.to_value());
    assert_eq!(
        one.to_value(),
        Value::Json(r#"{"a":{"c":3,"d":2},"b":1}"#.into())
    );
}
