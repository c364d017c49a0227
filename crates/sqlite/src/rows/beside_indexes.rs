//! Writing a row whose indexed columns stay as they are.
//!
//! SQLite writes the entry of an index anew whenever a statement names one of its columns, also if
//! the value is the same. Most changes of a row are of other columns: a balance, not its owner.

use annals_core::{Column, Index, IndexOn, RowWrite, TableShape};
use rusqlite::{Params, params_from_iter};

use crate::tables::quoted;
use crate::value::Parameter;

/// The statement for the columns of a table that are in no index.
#[derive(Debug)]
pub(super) struct BesideIndexes {
    pub(super) update: String,
    /// The places of the columns that are its parameters: those that it sets, then those of the key.
    parameters: Vec<usize>,
    /// The places of the columns that must be as they were.
    indexed: Vec<usize>,
}

impl BesideIndexes {
    /// None where there is no such column, or an index is on more than columns.
    pub(super) fn of(table: &str, shape: &TableShape) -> Option<Self> {
        let indexed = indexed_columns(shape.indexes)?;
        let places_of = |is_meant: &dyn Fn(&Column) -> bool| -> Vec<usize> {
            let columns = shape.columns.iter().enumerate();
            let meant = columns.filter(|(_, column)| is_meant(column));
            meant.map(|(place, _)| place).collect()
        };
        let is_indexed = |column: &Column| indexed.contains(&column.name);
        let set = places_of(&|column| !column.key && !is_indexed(column));
        let keys = places_of(&|column| column.key);
        if set.is_empty() {
            return None;
        }
        let equals = |places: &[usize], between: &str| {
            let names = places.iter().map(|place| shape.columns[*place].name);
            let equals = names.map(|name| format!("{} = ?", quoted(name)));
            equals.collect::<Vec<_>>().join(between)
        };
        Some(Self {
            update: format!(
                "update {table} set {} where {}",
                equals(&set, ", "),
                equals(&keys, " and ")
            ),
            parameters: [set, keys].concat(),
            indexed: places_of(&is_indexed),
        })
    }

    /// True if the row is there and its indexed columns are as they were.
    pub(super) fn will_do(&self, row: &RowWrite) -> bool {
        let stays = |before: &Vec<_>| {
            let mut indexed = self.indexed.iter();
            indexed.all(|place| before[*place] == row.values[*place])
        };
        row.before.as_ref().is_some_and(stays)
    }

    /// The parameters of the statement.
    pub(super) fn parameters(&self, row: &RowWrite) -> impl Params {
        let places = self.parameters.iter();
        params_from_iter(places.map(|place| Parameter(&row.values[*place])))
    }
}

/// The columns in indexes. None: an index may depend on others, which nobody here can tell; or two rows
/// may exchange their values, for which both are deleted first.
fn indexed_columns(indexes: &[Index]) -> Option<Vec<&'static str>> {
    let mut columns = Vec::new();
    for index in indexes {
        match index.on {
            IndexOn::Columns(on) if index.only.is_none() && !index.unique => columns.extend(on),
            _ => return None,
        }
    }
    Some(columns)
}

#[cfg(test)]
mod tests {
    use annals_core::{ColumnKind, Position, Value};

    use super::*;

    const fn column(name: &'static str, key: bool) -> Column {
        Column {
            name,
            kind: ColumnKind::Integer,
            nullable: false,
            key,
        }
    }

    const COLUMNS: &[Column] = &[
        column("id", true),
        column("owner", false),
        column("cents", false),
    ];

    fn of(indexes: &'static [Index]) -> Option<BesideIndexes> {
        let (name, columns) = ("balances", COLUMNS);
        let shape = TableShape {
            name,
            columns,
            indexes,
        };
        BesideIndexes::of(name, &shape)
    }

    const BY_OWNER: Index = Index {
        name: None,
        on: IndexOn::Columns(&["owner"]),
        only: None,
        unique: false,
    };

    fn row(before: Option<[i64; 3]>, values: [i64; 3]) -> RowWrite {
        let values_of = |row: [i64; 3]| row.map(Value::Integer).to_vec();
        RowWrite {
            values: values_of(values),
            before: before.map(values_of),
            by: Position(1),
        }
    }

    #[test]
    fn a_row_that_is_there_and_stays_in_its_index_is_written_beside_it() {
        let beside = of(&[BY_OWNER]).unwrap();
        let update = r#"update balances set "cents" = ? where "id" = ?"#;
        assert_eq!(beside.update, update);
        assert!(beside.will_do(&row(Some([7, 1, 5]), [7, 1, 6])));
        assert!(!beside.will_do(&row(Some([7, 1, 5]), [7, 2, 5])));
        assert!(!beside.will_do(&row(None, [7, 1, 6])));
    }

    #[test]
    fn an_index_that_more_than_columns_decide_on_rules_it_out() {
        const OF_EXPRESSION: Index = Index {
            on: IndexOn::Expression("abs(cents)"),
            ..BY_OWNER
        };
        const OF_SOME: Index = Index {
            only: Some("cents > 0"),
            ..BY_OWNER
        };
        const UNIQUE: Index = Index {
            unique: true,
            ..BY_OWNER
        };
        assert!(of(&[OF_EXPRESSION]).is_none());
        assert!(of(&[OF_SOME]).is_none());
        assert!(of(&[UNIQUE]).is_none());
    }
}
