//! The keys of persons, in a table.

use std::collections::HashMap;
use std::sync::Arc;

use annals_core::{
    InvalidName, KeyId, KeyStore, KeyStoreError, Rewrapping, RootId, StoredKey, SubjectId,
    WrappedKey,
};
use async_trait::async_trait;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::error::{PostgresError, with_causes};
use crate::postgres::{Parameter, Postgres};

/// Keys of persons in PostgreSQL, which several processes share.
///
/// The server leaves copies of what is replaced or destroyed: in pages, in its write-ahead log, in
/// backups. They are noise once the root keys were replaced, which are kept elsewhere.
#[derive(Debug, Clone)]
pub struct PostgresKeys {
    postgres: Postgres,
}

impl PostgresKeys {
    /// The keys of a database.
    pub fn open(postgres: &Postgres) -> Self {
        let postgres = postgres.clone();
        Self { postgres }
    }

    async fn rows(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        let client = self.postgres.client().await?;
        client.rows(&self.postgres.sql(sql), parameters).await
    }

    /// True if there was one that was not destroyed yet.
    async fn destroy_living(&self, subject: &str) -> Result<bool, PostgresError> {
        let destroy = "update {schema}.keys set key_id = null, root = null, wrapped = null
                       where subject = $1 and wrapped is not null returning subject";
        let destroyed = self.rows(destroy, &[(&subject, Type::TEXT)]).await?;
        Ok(!destroyed.is_empty())
    }

    /// Notes that there is never to be a key. False if there is a row already.
    async fn preclude(&self, subject: &str) -> Result<bool, PostgresError> {
        let insert = "insert into {schema}.keys (subject) values ($1)
                      on conflict (subject) do nothing returning subject";
        let precluded = self.rows(insert, &[(&subject, Type::TEXT)]).await?;
        Ok(!precluded.is_empty())
    }
}

#[async_trait]
impl KeyStore for PostgresKeys {
    async fn find(&self, subjects: &[SubjectId]) -> Result<Vec<Option<StoredKey>>, KeyStoreError> {
        let names: Vec<&str> = subjects.iter().map(SubjectId::as_str).collect();
        let find = "select key_id, root, wrapped, subject from {schema}.keys
                    where subject = any($1)";
        let rows = self.rows(find, &[(&names, Type::TEXT_ARRAY)]).await?;
        let found = rows.iter().map(|row| Ok((subject(row)?, stored(row)?)));
        let found = found.collect::<Result<HashMap<_, _>, KeyStoreError>>()?;
        Ok(subjects.iter().map(|it| found.get(it).cloned()).collect())
    }

    async fn create(
        &self,
        subject: &SubjectId,
        key: WrappedKey,
    ) -> Result<StoredKey, KeyStoreError> {
        // What is there is updated to what it is: only so it is answered though it was committed while
        // this statement ran.
        let create = "insert into {schema}.keys as kept (subject, key_id, root, wrapped)
                      values ($1, $2, $3, $4)
                      on conflict (subject) do update set subject = kept.subject
                      returning key_id, root, wrapped";
        let parameters: [Parameter<'_>; 4] = [
            (&subject.as_str(), Type::TEXT),
            (&key.id.0, Type::UUID),
            (&key.root.as_str(), Type::TEXT),
            (&key.bytes, Type::BYTEA),
        ];
        let rows = self.rows(create, &parameters).await?;
        stored(rows.first().expect("the statement answers with a row"))
    }

    async fn destroy(&self, subject: &SubjectId) -> Result<bool, KeyStoreError> {
        let subject = subject.as_str();
        if self.destroy_living(subject).await? {
            return Ok(true);
        }
        if self.preclude(subject).await? {
            return Ok(false);
        }
        // It was destroyed before, or created in between.
        Ok(self.destroy_living(subject).await?)
    }

    async fn wrapped_otherwise(
        &self,
        root: &RootId,
        limit: u32,
    ) -> Result<Vec<(SubjectId, WrappedKey)>, KeyStoreError> {
        // Two ranges of the index: what is wrapped by this one is not looked through.
        let others = "select key_id, root, wrapped, subject from {schema}.keys where root < $1
                      union all
                      select key_id, root, wrapped, subject from {schema}.keys where root > $1
                      limit $2";
        let parameters: [Parameter<'_>; 2] = [
            (&root.as_str(), Type::TEXT),
            (&i64::from(limit), Type::INT8),
        ];
        let rows = self.rows(others, &parameters).await?;
        let others = rows.iter().map(|row| Ok((subject(row)?, wrapped(row)?)));
        others.collect()
    }

    async fn rewrap(&self, wrappings: Vec<Rewrapping>) -> Result<(), KeyStoreError> {
        let rewrap = "update {schema}.keys as kept set root = next.root, wrapped = next.wrapped
                      from unnest($1, $2, $3, $4, $5) as next (subject, key_id, before, root, wrapped)
                      where kept.subject = next.subject and kept.key_id = next.key_id
                        and kept.root = next.before
                      returning kept.subject";
        let column = |name: fn(&Rewrapping) -> &str| wrappings.iter().map(name).collect::<Vec<_>>();
        let subjects = column(|it| it.subject.as_str());
        let ids: Vec<Uuid> = wrappings.iter().map(|it| it.key.id.0).collect();
        let before = column(|it| it.before.as_str());
        let roots = column(|it| it.key.root.as_str());
        let bytes: Vec<&[u8]> = wrappings.iter().map(|it| &it.key.bytes[..]).collect();
        let parameters: [Parameter<'_>; 5] = [
            (&subjects, Type::TEXT_ARRAY),
            (&ids, Type::UUID_ARRAY),
            (&before, Type::TEXT_ARRAY),
            (&roots, Type::TEXT_ARRAY),
            (&bytes, Type::BYTEA_ARRAY),
        ];
        self.rows(rewrap, &parameters).await?;
        Ok(())
    }
}

fn stored(row: &Row) -> Result<StoredKey, KeyStoreError> {
    match row.try_get::<_, Option<Uuid>>(0).map_err(damaged)? {
        Some(_) => wrapped(row).map(StoredKey::Living),
        None => Ok(StoredKey::Destroyed),
    }
}

fn wrapped(row: &Row) -> Result<WrappedKey, KeyStoreError> {
    Ok(WrappedKey {
        id: KeyId(row.try_get(0).map_err(damaged)?),
        root: named(RootId::new(text(row, 1)?))?,
        bytes: row.try_get(2).map_err(damaged)?,
    })
}

fn subject(row: &Row) -> Result<SubjectId, KeyStoreError> {
    named(SubjectId::new(text(row, 3)?))
}

fn text(row: &Row, column: usize) -> Result<&str, KeyStoreError> {
    row.try_get(column).map_err(damaged)
}

fn damaged(error: tokio_postgres::Error) -> KeyStoreError {
    PostgresError::from(error).into()
}

fn named<T>(name: Result<T, InvalidName>) -> Result<T, KeyStoreError> {
    name.map_err(|error| KeyStoreError::Damaged {
        reason: error.to_string(),
    })
}

impl From<PostgresError> for KeyStoreError {
    fn from(error: PostgresError) -> Self {
        if error.is_unavailable() {
            return Self::Unavailable(Arc::new(error));
        }
        let reason = with_causes(&error);
        Self::Damaged { reason }
    }
}
