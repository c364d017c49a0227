//! The same rows without us: by SQL as one writes it, in a table with a checkpoint beside it.

use annals_core::{Column, IndexOn, ReadModel, Value};
use async_trait::async_trait;

use crate::Outcome;

mod postgres;
mod sqlite;

pub(super) use postgres::PostgresByHand;
pub(super) use sqlite::SqliteByHand;

/// A row, its values in the order of the columns.
pub(super) type Row = Vec<Value>;

/// A table and a checkpoint, on one connection.
#[async_trait]
pub(super) trait ByHand: Send {
    /// Selects the row of a key, upserts what it becomes, and moves the checkpoint, in one transaction.
    async fn change(
        &mut self,
        key: &str,
        position: i64,
        fold: &mut (dyn FnMut(Option<Row>) -> Outcome<Row> + Send),
    ) -> Outcome;

    /// Upserts rows and moves the checkpoint, in one transaction.
    async fn put(&mut self, rows: &[Row], position: i64) -> Outcome;
}

/// What is asked of a table: that of a read model whose key is a text in the first column.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    columns: &'static [Column],
    /// The columns of its index, if it has one.
    index: Option<&'static [&'static str]>,
}

impl Shape {
    pub(super) fn of<R: ReadModel>() -> Self {
        let index = R::INDEXES.iter().find_map(|index| match index.on {
            IndexOn::Columns(columns) => Some(columns),
            _ => None,
        });
        Self {
            columns: R::COLUMNS,
            index,
        }
    }

    fn key(&self) -> &'static str {
        self.columns[0].name
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        names.join(", ")
    }

    /// Statements that make both tables anew, with these types of columns and these options.
    fn create(&self, type_of: impl Fn(&Column) -> &'static str, options: &str) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| format!("{} {} not null", column.name, type_of(column)))
            .collect();
        let index = self.index.map_or(String::new(), |columns| {
            format!(
                "create index by_hand_index on by_hand ({});",
                columns.join(", ")
            )
        });
        format!(
            "drop table if exists by_hand;
             create table by_hand ({}, primary key ({})) {options};
             {index}
             drop table if exists by_hand_checkpoint;
             create table by_hand_checkpoint (position bigint not null);
             insert into by_hand_checkpoint values (0);",
            columns.join(", "),
            self.key()
        )
    }

    /// A statement that upserts given rows: the text between the table and the conflict.
    fn upsert(&self, given: &str) -> String {
        let others = self.columns[1..].iter();
        let update: Vec<String> = others
            .map(|column| format!("{0} = excluded.{0}", column.name))
            .collect();
        format!(
            "insert into by_hand ({}) {given} on conflict ({}) do update set {}",
            self.names(),
            self.key(),
            update.join(", ")
        )
    }
}
