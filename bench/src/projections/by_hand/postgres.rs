//! PostgreSQL: prepared statements, and an array for each column where there are many rows.

use annals_core::{Column, ColumnKind, Value};
use async_trait::async_trait;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use super::{ByHand, Row, Shape};
use crate::{Outcome, database};

pub(in crate::projections) struct PostgresByHand {
    client: Client,
    shape: Shape,
    select: Statement,
    upsert: Statement,
    advance: Statement,
}

/// The values of one column.
type Array = Box<dyn ToSql + Sync + Send>;

impl PostgresByHand {
    pub(in crate::projections) async fn connect(url: &str, shape: Shape) -> Outcome<Self> {
        let client = database::connect(url).await?;
        let type_of = |column: &Column| match column.kind {
            ColumnKind::Integer => "bigint",
            _ => "text collate \"C\"",
        };
        client.batch_execute(&shape.create(type_of, "")).await?;
        let arrays: Vec<String> = shape
            .columns
            .iter()
            .zip(1..)
            .map(|(column, place)| array(column, place))
            .collect();
        let select = format!(
            "select {} from by_hand where {} = $1",
            shape.names(),
            shape.key()
        );
        let upsert = shape.upsert(&format!("select * from unnest({})", arrays.join(", ")));
        Ok(Self {
            select: client.prepare(&select).await?,
            upsert: client.prepare(&upsert).await?,
            advance: client
                .prepare("update by_hand_checkpoint set position = $1")
                .await?,
            client,
            shape,
        })
    }
}

#[async_trait]
impl ByHand for PostgresByHand {
    async fn change(
        &mut self,
        key: &str,
        position: i64,
        fold: &mut (dyn FnMut(Option<Row>) -> Outcome<Row> + Send),
    ) -> Outcome {
        let tx = self.client.transaction().await?;
        let before = tx.query_opt(&self.select, &[&key]).await?;
        let before = before.map(|row| read(&row, self.shape.columns));
        let arrays = arrays(self.shape.columns, &[fold(before)?]);
        tx.execute(&self.upsert, &parameters(&arrays)).await?;
        tx.execute(&self.advance, &[&position]).await?;
        Ok(tx.commit().await?)
    }

    async fn put(&mut self, rows: &[Row], position: i64) -> Outcome {
        let arrays = arrays(self.shape.columns, rows);
        let tx = self.client.transaction().await?;
        tx.execute(&self.upsert, &parameters(&arrays)).await?;
        tx.execute(&self.advance, &[&position]).await?;
        Ok(tx.commit().await?)
    }
}

fn array(column: &Column, place: usize) -> String {
    match column.kind {
        ColumnKind::Integer => format!("${place}::bigint[]"),
        _ => format!("${place}::text[]"),
    }
}

fn arrays(columns: &[Column], rows: &[Row]) -> Vec<Array> {
    let columns = columns.iter().enumerate();
    let arrays = columns.map(|(place, column)| -> Array {
        let values = rows.iter().map(|row| &row[place]);
        match column.kind {
            ColumnKind::Integer => Box::new(values.map(integer).collect::<Vec<_>>()),
            _ => Box::new(values.map(text).collect::<Vec<_>>()),
        }
    });
    arrays.collect()
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn parameters(arrays: &[Array]) -> Vec<&(dyn ToSql + Sync)> {
    arrays.iter().map(|array| &**array as _).collect()
}

fn read(row: &tokio_postgres::Row, columns: &[Column]) -> Row {
    let columns = columns.iter().enumerate();
    let values = columns.map(|(place, column)| match column.kind {
        ColumnKind::Integer => Value::Integer(row.get(place)),
        _ => Value::Text(row.get(place)),
    });
    values.collect()
}
