//! What a database is asked.

use std::ops::Bound;

use super::{Beyond, Condition, Operator, Order, Selection};
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
}

#[test]
fn a_page_begins_beyond_a_key_that_no_row_can_have() {
    let text = |text: &str| Value::Text(text.to_owned());
    let one = Value::Integer(1);
    let (above, below, at_most) = (Operator::Above, Operator::Below, Operator::AtMost);
    let ascending = |key| Beyond::of(key, Order::Ascending);
    let descending = |key| Beyond::of(key, Order::Descending);
    let beyond = |operator, key| Beyond { operator, key };

    let key = vec![one.clone(), text("a")];
    assert_eq!(ascending(key.clone()), beyond(above, key.clone()));
    assert_eq!(descending(key.clone()), beyond(below, key));
    let key = vec![Value::TooLarge(ABOVE_ALL), text("a")];
    assert_eq!(ascending(key.clone()), beyond(above, vec![GREATEST]));
    assert_eq!(descending(key), beyond(at_most, vec![GREATEST]));
    let key = vec![one.clone(), text("a\0b"), one.clone()];
    let cut = vec![one, text("a")];
    assert_eq!(ascending(key.clone()), beyond(above, cut.clone()));
    assert_eq!(descending(key), beyond(at_most, cut));
}

#[test]
fn an_order_by_a_column_begins_at_its_value_and_goes_on_behind_a_key_of_it() {
    let by_title = || Selection::<Account>::new().by("title", &"b".to_owned());
    let b = || Value::Text("b".to_owned());
    let select = by_title().after(&7).into_select().unwrap();
    let columns: Vec<_> = select.order_columns().collect();
    assert_eq!(columns, ["title", "number"]);
    assert_eq!(select.conditions[0].operator, Operator::AtLeast);
    let key = vec![b(), Value::Integer(7)];
    assert_eq!(select.after.unwrap().key, key);
    assert_eq!(
        conditions(by_title().descending()),
        [(Operator::AtMost, b())]
    );
}

#[test]
fn a_range_that_ends_at_a_text_with_nul_ends_right_above_what_comes_before_it() {
    let ends = |range| conditions(Selection::new().within("title", range));
    let nul = || "a\0b".to_owned();
    let text = || Value::Text("a".to_owned());
    let above = (Operator::Above, text());
    let at_most = (Operator::AtMost, text());
    let included = (Bound::Included(nul()), Bound::Included(nul()));
    let excluded = (Bound::Excluded(nul()), Bound::Excluded(nul()));
    assert_eq!(ends(included), [above.clone(), at_most.clone()]);
    assert_eq!(ends(excluded), [above, at_most]);
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
