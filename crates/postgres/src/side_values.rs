//! Personal values beside the log, in a table.

use std::sync::Arc;

use annals_core::{SideId, SideStore, SideStoreError, SideValue, SubjectId};
use async_trait::async_trait;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::error::{PostgresError, with_causes};
use crate::postgres::{Parameter, Postgres};

/// Personal values that are kept beside the log in PostgreSQL, which several processes share.
///
/// The server leaves copies of what is deleted: in pages, in its write-ahead log, in backups. They are
/// sealed, and noise once the person's key is destroyed.
#[derive(Debug, Clone)]
pub struct PostgresSideStore {
    postgres: Postgres,
}

impl PostgresSideStore {
    /// That of a database.
    pub fn open(postgres: &Postgres) -> Self {
        let postgres = postgres.clone();
        Self { postgres }
    }

    /// Puts all values, or none if one is about a person whose values were deleted. Answers who that is.
    async fn put(&self, values: &[SideValue]) -> Result<Vec<Row>, PostgresError> {
        let put = "with erased as (
                     select subject from {schema}.side_erased where subject = any($1)
                   ), kept as (
                     insert into {schema}.side_values
                     select * from unnest($1, $2, $3) where not exists (select from erased)
                     on conflict do nothing
                   )
                   select subject from erased limit 1";
        let subjects: Vec<&str> = values.iter().map(|it| it.id.subject.as_str()).collect();
        let hashes: Vec<&[u8]> = values.iter().map(|it| &it.id.hash[..]).collect();
        let sealed: Vec<&[u8]> = values.iter().map(|it| &it.sealed[..]).collect();
        let parameters: [Parameter<'_>; 3] = [
            (&subjects, Type::TEXT_ARRAY),
            (&hashes, Type::BYTEA_ARRAY),
            (&sealed, Type::BYTEA_ARRAY),
        ];
        let client = self.postgres.client().await?;
        client.rows(&self.postgres.sql(put), &parameters).await
    }

    /// What is kept under these names, in their order.
    async fn find(&self, ids: &[SideId]) -> Result<Vec<Option<Vec<u8>>>, PostgresError> {
        let find = "select kept.sealed
                    from unnest($1, $2) with ordinality as sought (subject, hash, place)
                    left join {schema}.side_values as kept using (subject, hash)
                    order by place";
        let subjects: Vec<&str> = ids.iter().map(|it| it.subject.as_str()).collect();
        let hashes: Vec<&[u8]> = ids.iter().map(|it| &it.hash[..]).collect();
        let parameters: [Parameter<'_>; 2] =
            [(&subjects, Type::TEXT_ARRAY), (&hashes, Type::BYTEA_ARRAY)];
        let client = self.postgres.client().await?;
        let rows = client.rows(&self.postgres.sql(find), &parameters).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    async fn delete(&self, subject: &SubjectId) -> Result<u64, PostgresError> {
        // Who puts values now commits first, so that those are seen; who comes later sees the note.
        let lock = "lock table {schema}.side_values in share row exclusive mode";
        let note = "insert into {schema}.side_erased values ($1) on conflict do nothing";
        let delete = "delete from {schema}.side_values where subject = $1";
        let subject: [Parameter<'_>; 1] = [(&subject.as_str(), Type::TEXT)];
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        tx.batch(&self.postgres.sql(lock)).await?;
        tx.execute(&self.postgres.sql(note), &subject).await?;
        let deleted = tx.execute(&self.postgres.sql(delete), &subject).await?;
        tx.commit().await?;
        Ok(deleted)
    }
}

#[async_trait]
impl SideStore for PostgresSideStore {
    async fn put(&self, values: &[SideValue]) -> Result<(), SideStoreError> {
        let erased = self.put(values).await?;
        let Some(erased) = erased.first() else {
            return Ok(());
        };
        let name: &str = erased.try_get(0).map_err(PostgresError::from)?;
        let subjects = values.iter().map(|value| &value.id.subject);
        let mut erased = subjects.filter(|subject| subject.as_str() == name);
        let erased = erased
            .next()
            .expect("it is one of those that were asked for");
        Err(SideStoreError::Erased(erased.clone()))
    }

    async fn find(&self, ids: &[SideId]) -> Result<Vec<Option<Vec<u8>>>, SideStoreError> {
        Ok(self.find(ids).await?)
    }

    async fn delete(&self, subject: &SubjectId) -> Result<u64, SideStoreError> {
        Ok(self.delete(subject).await?)
    }
}

impl From<PostgresError> for SideStoreError {
    fn from(error: PostgresError) -> Self {
        if error.is_unavailable() {
            return Self::Unavailable(Arc::new(error));
        }
        let reason = with_causes(&error);
        Self::Damaged { reason }
    }
}
