//! What `#[derive(ReadModel)]` promises.

use annals_core::{Column, ColumnKind, Index, IndexOn, ReadModel, Timestamp, Value};
use annals_macros::ReadModel;

#[derive(ReadModel, Clone, Debug, PartialEq)]
#[read_model(table = "account_balances", index(owner, status))]
struct Balance {
    #[key]
    account: String,
    #[index]
    owner: String,
    status: Option<String>,
    r#type: u32,
}

#[derive(ReadModel, Clone, Debug, PartialEq)]
struct MonthlyTurnover {
    cents: i64,
    #[key]
    account: String,
    #[key]
    month: Timestamp,
}

fn balance() -> Balance {
    Balance {
        account: "acc-1".into(),
        owner: "ann".into(),
        status: None,
        r#type: 3,
    }
}

#[test]
fn each_field_is_a_column_in_order() {
    let column = |name, kind, nullable, key| Column {
        name,
        kind,
        nullable,
        key,
    };
    let expected = [
        column("account", ColumnKind::Text, false, true),
        column("owner", ColumnKind::Text, false, false),
        column("status", ColumnKind::Text, true, false),
        column("type", ColumnKind::Integer, false, false),
    ];
    assert_eq!(Balance::COLUMNS, expected);
}

#[test]
fn indexes_are_those_of_the_struct_then_those_of_the_fields() {
    let expected = [
        Index {
            name: None,
            on: IndexOn::Columns(&["owner", "status"]),
            only: None,
            unique: false,
        },
        Index {
            name: None,
            on: IndexOn::Columns(&["owner"]),
            only: None,
            unique: false,
        },
    ];
    assert_eq!(Balance::INDEXES, expected);
}

#[test]
fn a_table_is_named_after_the_struct_unless_declared() {
    assert_eq!(Balance::TABLE, "account_balances");
    assert_eq!(MonthlyTurnover::TABLE, "monthly_turnover");
}

#[test]
fn a_row_reads_back_as_it_was_written() {
    let row = balance();
    assert_eq!(Balance::from_values(row.to_values()), Ok(row));
}

#[test]
fn a_value_of_another_type_is_refused_by_its_column() {
    let mut values = balance().to_values();
    values[3] = Value::Text("three".into());
    assert_eq!(Balance::from_values(values).unwrap_err().column, "type");
}

#[test]
fn a_key_of_one_field_is_that_field() {
    let key: String = balance().key();
    assert_eq!(Balance::key_values(&key), [Value::Text("acc-1".into())]);
}

#[test]
fn a_key_of_several_fields_is_their_tuple() {
    let row = MonthlyTurnover {
        cents: 5,
        account: "acc-1".into(),
        month: Timestamp::UNIX_EPOCH,
    };
    let key: (String, Timestamp) = row.key();
    assert_eq!(key, ("acc-1".to_owned(), Timestamp::UNIX_EPOCH));
    assert_eq!(MonthlyTurnover::key_values(&key), row.to_values()[1..]);
}
