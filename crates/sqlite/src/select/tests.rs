//! What SQLite makes of the statements.

use annals_core::{Edition, QueryError, Selection, TableShape, Value};
use annals_macros::ReadModel;
use rusqlite::{Connection, params_from_iter};
use serde_json::json;

use super::statement;
use crate::tables::create;
use crate::value::parameters;

#[derive(ReadModel, Clone)]
#[read_model(
    table = "accounts",
    index(owner),
    index(bank, opened_at),
    index(nickname, only = "nickname is not null"),
    index(expression = "lower(owner)", name = "by_lower_owner"),
    index(json(attributes)),
    index(full_text(owner))
)]
struct Account {
    #[key]
    bank: String,
    #[key]
    number: i64,
    owner: String,
    nickname: Option<String>,
    opened_at: i64,
    attributes: serde_json::Value,
}

/// How SQLite would answer a selection.
fn plan(selection: Selection<Account>) -> Vec<String> {
    let (sql, values) = statement(selection.into_select().unwrap()).unwrap();
    plan_of(&sql, &values)
}

fn plan_of(sql: &str, values: &[Value]) -> Vec<String> {
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch(&create(&TableShape::of::<Account>(), Edition::Current, ""))
        .unwrap();
    let mut explain = connection
        .prepare(&format!("explain query plan {sql}"))
        .unwrap();
    let steps = explain.query_map(params_from_iter(parameters(values)), |row| {
        row.get("detail")
    });
    steps.unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_page_of_all_rows_is_sought_by_key() {
    let page = Selection::new().after(&("a".to_owned(), 7));
    assert_eq!(
        plan(page),
        ["SEARCH accounts USING PRIMARY KEY ((bank,number)>(?,?))"]
    );
}

#[test]
fn a_page_within_a_filter_is_sought_in_its_index_and_needs_no_sorting() {
    let page = Selection::new()
        .equal("owner", &"ann".to_owned())
        .after(&("a".to_owned(), 7));
    let expected =
        "SEARCH accounts USING INDEX accounts_by_owner (owner=? AND (bank,number)>(?,?))";
    assert_eq!(plan(page), [expected]);
}

#[test]
fn a_page_in_the_order_of_a_column_is_sought_in_its_index_and_needs_no_sorting() {
    let bank = Selection::new().equal("bank", &"a".to_owned());
    let page = bank.by("opened_at", &3_i64).after(&("a".to_owned(), 7));
    let expected =
        "SEARCH accounts USING INDEX accounts_by_bank_opened_at (bank=? AND opened_at>?)";
    assert_eq!(plan(page), [expected]);
}

#[test]
fn a_partial_index_serves_what_it_holds() {
    let by_nickname = Selection::new().equal("nickname", &Some("annie".to_owned()));
    let expected = "SEARCH accounts USING INDEX accounts_by_nickname (nickname=?)";
    assert_eq!(plan(by_nickname), [expected]);
    let nameless = Selection::new().equal("nickname", &None::<String>);
    assert_eq!(plan(nameless), ["SCAN accounts"]);
}

#[test]
fn an_index_on_an_expression_serves_that_expression() {
    let sql = "select number from accounts where lower(owner) = ?";
    let expected = "SEARCH accounts USING COVERING INDEX accounts_by_lower_owner (<expr>=?)";
    assert_eq!(plan_of(sql, &[Value::Text("ann".into())]), [expected]);
}

#[test]
fn what_sqlite_does_not_know_how_to_ask_is_refused() {
    for selection in [
        Selection::<Account>::new().containing("attributes", &json!({"vip": true})),
        Selection::new().matching("owner", "ann"),
    ] {
        let refused = statement(selection.into_select().unwrap());
        assert!(matches!(refused, Err(QueryError::Unsupported { .. })));
    }
}
