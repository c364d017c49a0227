//! The numbers of kinds: of the pairs of category and event type that occur.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use annals_core::{Corruption, EventType, Position, StreamId};
use tokio_postgres::types::Type;

use crate::error::PostgresError;
use crate::postgres::{Postgres, Transaction};

/// All kinds that there are.
const ALL: &str = "select id, category, event_type from {schema}.kinds";

/// A kind: category and event type.
pub(crate) type Kind = (String, EventType);

/// The kinds known to this process. They are never changed, so what is known stays right.
#[derive(Debug, Default)]
pub(crate) struct Kinds {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    numbers: HashMap<String, HashMap<EventType, i32>>,
    types: HashMap<i32, EventType>,
}

impl Kinds {
    /// The number of a kind, if it is known.
    pub(crate) fn number(&self, stream: &StreamId, event_type: &EventType) -> Option<i32> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .numbers
            .get(stream.category())?
            .get(event_type)
            .copied()
    }

    /// The event type of a number, if it is known.
    pub(crate) fn event_type(&self, number: i32) -> Option<EventType> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.types.get(&number).cloned()
    }

    /// Learns the numbers of kinds; new ones get one.
    ///
    /// On a connection of its own: whoever asks may hold one of the pool, as all others may, and
    /// the numbers must stay whatever becomes of the transaction they are needed in.
    pub(crate) async fn learn(
        &self,
        postgres: &Postgres,
        kinds: Vec<Kind>,
    ) -> Result<(), PostgresError> {
        let (categories, types): (Vec<String>, Vec<EventType>) = kinds.into_iter().unzip();
        let types: Vec<&str> = types.iter().map(EventType::as_str).collect();
        let sql = postgres.sql("select id, category, event_type from {schema}.kinds_of($1, $2)");
        let parameters: [crate::postgres::Parameter<'_>; 2] =
            [(&categories, Type::TEXT_ARRAY), (&types, Type::TEXT_ARRAY)];
        let connection = postgres.dedicated().await?;
        let asked = connection.client.query_typed(&sql, &parameters);
        let rows = connection.patience.answer(asked).await?;
        self.remember(&rows)
    }

    /// Learns all kinds that there are.
    pub(crate) async fn learn_all(&self, postgres: &Postgres) -> Result<(), PostgresError> {
        // Not of the pool: whoever meets a new kind has one of those already.
        let connection = postgres.dedicated().await?;
        let all = postgres.sql(ALL);
        let asked = connection.client.query_typed(&all, &[]);
        let rows = connection.patience.answer(asked).await?;
        self.remember(&rows)
    }

    /// Learns all kinds that there are, on the connection of a transaction.
    pub(crate) async fn learn_all_within(
        &self,
        tx: &Transaction<'_>,
        postgres: &Postgres,
    ) -> Result<(), PostgresError> {
        let rows = tx.rows(&postgres.sql(ALL), &[]).await?;
        self.remember(&rows)
    }

    fn remember(&self, rows: &[tokio_postgres::Row]) -> Result<(), PostgresError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            let (number, category): (i32, String) = (row.try_get(0)?, row.try_get(1)?);
            let event_type = EventType::new(row.try_get::<_, &str>(2)?);
            let event_type = event_type.map_err(|invalid| Corruption {
                position: Position::START,
                reason: format!("the event type of kind {number}: {invalid}"),
            })?;
            known.types.insert(number, event_type.clone());
            known
                .numbers
                .entry(category)
                .or_default()
                .insert(event_type, number);
        }
        Ok(())
    }
}
