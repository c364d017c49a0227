//! Reading within a transaction: it sees what it has written itself, and needs no connection of
//! the pool, all of which may belong to others that wait for it.

use std::collections::HashMap;

use annals_core::{
    Append, AppendError, Appended, Direction, Position, ReadError, RecordedEvent, Source,
};
use futures_util::TryStreamExt;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{PAGE_BYTES, Reader, answers, corrupt, position, unread};
use crate::error::PostgresError;
use crate::postgres::{Parameter, Transaction};
use crate::query::{self, Bounds};
use crate::record::{self, COLUMNS, DATA, RecordError};

impl Reader {
    /// Acknowledges what was recorded before, at these positions, if it is the same to the letter.
    pub(crate) async fn compare_within(
        &self,
        tx: &Transaction<'_>,
        asked: &[(&Append, Position)],
    ) -> Vec<Result<Appended, AppendError>> {
        match self.appends_at_within(tx, asked).await {
            Ok(recorded) => answers(asked, &recorded),
            // Nobody knows whether they are what was recorded.
            Err(error) => asked.iter().map(|_| Err(unread(&error))).collect(),
        }
    }

    async fn appends_at_within(
        &self,
        tx: &Transaction<'_>,
        asked: &[(&Append, Position)],
    ) -> Result<HashMap<i64, Vec<RecordedEvent>>, ReadError> {
        let positions: Vec<i64> = asked.iter().map(|(_, at)| at.0.cast_signed()).collect();
        let sql = self.appends_at_sql();
        let parameters: [Parameter<'_>; 1] = [(&positions, Type::INT8_ARRAY)];
        let rows = tx.rows_planned(&sql, &parameters).await?;
        let events = self.decode_within(tx, &rows).await?;
        let mut appends: HashMap<i64, Vec<RecordedEvent>> = HashMap::new();
        for (row, event) in rows.iter().zip(events) {
            let asked = row.try_get(query::HEAD).map_err(PostgresError::from)?;
            appends.entry(asked).or_default().push(event);
        }
        Ok(appends)
    }

    /// All events behind a position, up to another.
    pub(crate) async fn events_within(
        &self,
        tx: &Transaction<'_>,
        after: Position,
        up_to: Position,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let sql = self.postgres.sql(&format!(
            "select {COLUMNS} from {{schema}}.events e
             where e.position > $1 and e.position <= $2 order by e.position"
        ));
        let bounds = (after.0.cast_signed(), up_to.0.cast_signed());
        let parameters: [Parameter<'_>; 2] = [(&bounds.0, Type::INT8), (&bounds.1, Type::INT8)];
        let rows = tx.rows(&sql, &parameters).await?;
        self.decode_within(tx, &rows).await
    }

    /// The events of a source, oldest first, up to a position; none if they are more than `most`,
    /// or more than a page takes.
    pub(crate) async fn few_within(
        &self,
        tx: &Transaction<'_>,
        source: &Source,
        (up_to, most): (Position, u64),
    ) -> Result<Option<Vec<RecordedEvent>>, ReadError> {
        let bounds = Bounds {
            source,
            direction: Direction::Forwards,
            most: most + 1,
        };
        let statement = bounds.page(&self.postgres);
        let mut rows = tx.stream(&statement.sql, &statement.parameters()).await?;
        let (mut few, mut bytes) = (Vec::new(), 0);
        let mut are_few = true;
        while are_few && let Some(row) = rows.try_next().await? {
            if position(&row, 0)? > up_to {
                break;
            }
            bytes += row
                .try_get::<_, &[u8]>(DATA)
                .map_err(PostgresError::from)?
                .len();
            few.push(row);
            are_few = few.len() as u64 <= most && bytes <= PAGE_BYTES;
        }
        rows.leave_rest();
        if !are_few {
            return Ok(None);
        }
        Ok(Some(self.decode_within(tx, &few).await?))
    }

    async fn decode_within(
        &self,
        tx: &Transaction<'_>,
        rows: &[Row],
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let decode = |row| record::decode(row, &self.kinds, None);
        let events = rows.iter().map(decode).collect();
        if let Err(RecordError::UnknownKind(..)) = events {
            self.kinds.learn_all_within(tx, &self.postgres).await?;
            return rows
                .iter()
                .map(decode)
                .collect::<Result<_, _>>()
                .map_err(corrupt);
        }
        events.map_err(corrupt)
    }
}
