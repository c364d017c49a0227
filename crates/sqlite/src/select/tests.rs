//! What SQLite makes of the statements.

use annals_macros::ReadModel;
use rusqlite::{Connection, params_from_iter};

use annals_core::{Selection, TableShape};

use super::statement;
use crate::schema::ddl;
use crate::value::parameters;

#[derive(ReadModel, Clone)]
#[read_model(table = "accounts", index(owner))]
struct Account {
    #[key]
    bank: String,
    #[key]
    number: i64,
    owner: String,
    cents: i64,
}

/// How SQLite would answer.
fn plan(selection: Selection<Account>) -> Vec<String> {
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch(&ddl(&TableShape::of::<Account>()))
        .unwrap();
    let (sql, values) = statement(selection.into_select().unwrap()).unwrap();
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
