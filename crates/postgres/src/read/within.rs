//! Reading within a transaction: it sees what it has written itself, and needs no connection of
//! the pool, all of which may belong to others that wait for it.

use annals_core::{Append, AppendError, Appended, Position, ReadError, RecordedEvent};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{Reader, corrupt, repeat, unread};
use crate::postgres::Transaction;
use crate::record::{self, RecordError};

impl Reader {
    /// Acknowledges what was recorded before, at this position, if it is the same to the letter.
    pub(crate) async fn compare_within(
        &self,
        tx: &Transaction<'_>,
        append: &Append,
        at: Position,
    ) -> Result<Appended, AppendError> {
        let positions = vec![at.0.cast_signed()];
        let sql = self.appends_at_sql();
        let rows = tx.rows(&sql, &[(&positions, Type::INT8_ARRAY)]).await?;
        let recorded = self.decode_within(tx, &rows).await;
        repeat(append, &recorded.map_err(|error| unread(&error))?)
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
