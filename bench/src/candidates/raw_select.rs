//! Every event by hand: the columns that our store reads, streamed, each value taken out of its row.

use std::pin::pin;
use std::time::SystemTime;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};
use uuid::Uuid;

use super::{Candidate, RAW_SELECT, Replays};
use crate::{Outcome, database};

const SELECT: &str = "select position, version, recorded_at, schema_version, id, append_id, kind,
    stream, content_type, tags, metadata, data from annals.events order by position";

/// One `SELECT` of the table of our store.
pub(crate) struct RawSelect {
    pub(crate) url: String,
}

/// What is in a row.
#[expect(
    dead_code,
    reason = "taken out of the row, as a program would, and not looked at"
)]
struct Event {
    position: i64,
    version: i64,
    recorded_at: SystemTime,
    schema_version: i64,
    id: Uuid,
    append_id: Uuid,
    kind: i32,
    stream: String,
    content_type: Option<String>,
    tags: Option<Vec<String>>,
    metadata: Option<Vec<u8>>,
    data: Vec<u8>,
}

impl Candidate for RawSelect {
    fn name(&self) -> &'static str {
        RAW_SELECT
    }
}

#[async_trait]
impl Replays for RawSelect {
    async fn read_all(&self) -> Outcome<u64> {
        let client = database::connect(&self.url).await?;
        let none: [&(dyn ToSql + Sync); 0] = [];
        let mut rows = pin!(client.query_raw(SELECT, none).await?);
        let mut read = 0;
        while let Some(row) = rows.try_next().await? {
            Event::of(&row)?;
            read += 1;
        }
        Ok(read)
    }
}

impl Event {
    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            position: row.try_get(0)?,
            version: row.try_get(1)?,
            recorded_at: row.try_get(2)?,
            schema_version: row.try_get(3)?,
            id: row.try_get(4)?,
            append_id: row.try_get(5)?,
            kind: row.try_get(6)?,
            stream: row.try_get(7)?,
            content_type: row.try_get(8)?,
            tags: row.try_get(9)?,
            metadata: row.try_get(10)?,
            data: row.try_get(11)?,
        })
    }
}
