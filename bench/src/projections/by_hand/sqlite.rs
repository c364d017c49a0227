//! SQLite, on the calling thread: it is faster than to hand each transaction to another.

use std::path::Path;

use annals_core::{Column, ColumnKind, Value};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Transaction, params_from_iter};

use super::{ByHand, Row, Shape};
use crate::Outcome;

const MOVE: &str = "update by_hand_checkpoint set position = ?";

pub(in crate::projections) struct SqliteByHand {
    connection: Connection,
    shape: Shape,
    select: String,
    upsert: String,
}

impl SqliteByHand {
    pub(in crate::projections) fn open(path: &Path, shape: Shape) -> Outcome<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "normal")?;
        let type_of = |column: &Column| match column.kind {
            ColumnKind::Integer => "integer",
            _ => "text",
        };
        connection.execute_batch(&shape.create(type_of, "without rowid"))?;
        let places = vec!["?"; shape.columns.len()].join(", ");
        Ok(Self {
            connection,
            select: format!(
                "select {} from by_hand where {} = ?",
                shape.names(),
                shape.key()
            ),
            upsert: shape.upsert(&format!("values ({places})")),
            shape,
        })
    }
}

#[async_trait]
impl ByHand for SqliteByHand {
    async fn change(
        &mut self,
        key: &str,
        position: i64,
        fold: &mut (dyn FnMut(Option<Row>) -> Outcome<Row> + Send),
    ) -> Outcome {
        let tx = self.connection.transaction()?;
        let before = tx
            .prepare_cached(&self.select)?
            .query_row([key], |row| read(row, self.shape.columns.len()))
            .optional()?;
        upsert(&tx, &self.upsert, &fold(before)?)?;
        tx.prepare_cached(MOVE)?.execute([position])?;
        Ok(tx.commit()?)
    }

    async fn put(&mut self, rows: &[Row], position: i64) -> Outcome {
        let tx = self.connection.transaction()?;
        for row in rows {
            upsert(&tx, &self.upsert, row)?;
        }
        tx.prepare_cached(MOVE)?.execute([position])?;
        Ok(tx.commit()?)
    }
}

fn upsert(tx: &Transaction<'_>, statement: &str, row: &[Value]) -> Outcome {
    let values = row.iter().map(|value| match value {
        Value::Integer(number) => rusqlite::types::ValueRef::Integer(*number),
        Value::Text(text) => text.as_str().into(),
        _ => rusqlite::types::ValueRef::Null,
    });
    let values = values.map(rusqlite::types::ToSqlOutput::Borrowed);
    tx.prepare_cached(statement)?
        .execute(params_from_iter(values))?;
    Ok(())
}

fn read(row: &rusqlite::Row<'_>, columns: usize) -> rusqlite::Result<Row> {
    let value = |column| {
        Ok(match row.get(column)? {
            rusqlite::types::Value::Integer(number) => Value::Integer(number),
            rusqlite::types::Value::Text(text) => Value::Text(text),
            _ => Value::Null,
        })
    };
    (0..columns).map(value).collect()
}
