//! Snapshots of aggregates, in a table.

use annals_core::{
    EventId, Fingerprint, SnapshotError, SnapshotStore, StoredSnapshot, StreamId, StreamVersion,
};
use async_trait::async_trait;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::error::PostgresError;
use crate::postgres::Postgres;

/// Keeps the newest snapshot of each stream, with a checksum over all of it.
#[derive(Debug)]
pub(crate) struct SnapshotTable {
    postgres: Postgres,
    get: String,
    put: String,
    delete: String,
}

impl SnapshotTable {
    pub(crate) fn new(postgres: &Postgres) -> Self {
        let get = "select fingerprint, version, last_event, state, checksum
                   from {read}.annals_snapshots where stream = $1";
        let put = "insert into {read}.annals_snapshots as kept values ($1, $2, $3, $4, $5, $6)
                   on conflict (stream) do update set fingerprint = excluded.fingerprint,
                     version = excluded.version, last_event = excluded.last_event,
                     state = excluded.state, checksum = excluded.checksum
                   where kept.version <= excluded.version";
        let delete = "delete from {read}.annals_snapshots where stream = $1";
        Self {
            get: postgres.sql(get),
            put: postgres.sql(put),
            delete: postgres.sql(delete),
            postgres: postgres.clone(),
        }
    }

    async fn row(&self, stream: &StreamId) -> Result<Option<Row>, PostgresError> {
        let client = self.postgres.client().await?;
        let rows = client
            .rows(&self.get, &[(&stream.as_str(), Type::TEXT)])
            .await?;
        Ok(rows.into_iter().next())
    }

    /// False if one that claims to be newer is there.
    async fn put(
        &self,
        stream: &StreamId,
        snapshot: &StoredSnapshot,
    ) -> Result<bool, PostgresError> {
        let version =
            i64::try_from(snapshot.version.0).expect("a stream has fewer than 2^63 events");
        let client = self.postgres.client().await?;
        let rows = client
            .execute(
                &self.put,
                &[
                    (&stream.as_str(), Type::TEXT),
                    (&snapshot.fingerprint.0, Type::UUID),
                    (&version, Type::INT8),
                    (&snapshot.last_event.0, Type::UUID),
                    (&snapshot.state, Type::BYTEA),
                    (&snapshot.checksum(), Type::UUID),
                ],
            )
            .await?;
        Ok(rows == 1)
    }

    async fn remove(&self, stream: &StreamId) -> Result<bool, PostgresError> {
        let client = self.postgres.client().await?;
        let rows = client
            .execute(&self.delete, &[(&stream.as_str(), Type::TEXT)])
            .await?;
        Ok(rows > 0)
    }
}

#[async_trait]
impl SnapshotStore for SnapshotTable {
    async fn load(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, SnapshotError> {
        let row = self.row(stream).await?;
        Ok(row.as_ref().and_then(intact))
    }

    async fn save(&self, stream: &StreamId, snapshot: StoredSnapshot) -> Result<(), SnapshotError> {
        if self.put(stream, &snapshot).await? {
            return Ok(());
        }
        // A damaged row is no reason to keep it, whatever version it claims to be.
        if self.load(stream).await?.is_none() {
            self.remove(stream).await?;
            self.put(stream, &snapshot).await?;
        }
        Ok(())
    }

    async fn delete(&self, stream: &StreamId) -> Result<bool, SnapshotError> {
        Ok(self.remove(stream).await?)
    }
}

/// The snapshot, unless its checksum says that it is not what was saved.
fn intact(row: &Row) -> Option<StoredSnapshot> {
    let version: i64 = row.try_get(1).ok()?;
    let snapshot = StoredSnapshot {
        fingerprint: Fingerprint(row.try_get(0).ok()?),
        version: StreamVersion(version.try_into().ok()?),
        last_event: EventId(row.try_get(2).ok()?),
        state: row.try_get(3).ok()?,
    };
    (Some(snapshot.checksum()) == row.try_get(4).ok()).then_some(snapshot)
}
