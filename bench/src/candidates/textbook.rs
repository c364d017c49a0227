//! What one writes without a library: a table of events, and two ways to append to it.

use std::ops::Range;

use async_trait::async_trait;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use super::{Appends, Candidate, NAIVE, ONE_STATEMENT};
use crate::drive::Worker;
use crate::{Outcome, database, fact};

const TABLE: &str = "create table events (
    id bigserial primary key,
    stream text not null,
    version bigint not null,
    type text not null,
    data jsonb not null,
    metadata jsonb not null,
    created_at timestamptz not null default now(),
    unique (stream, version)
)";

const FILL: &str = "insert into events (stream, version, type, data, metadata)
    select 'account-' || account, version, $4, $5::text::jsonb, '{}'
    from generate_series($1::bigint, $2::bigint) account, generate_series(1, $3::bigint) version";

const MAX_VERSION: &str = "select max(version) from events where stream = $1";

const INSERT: &str = "insert into events (stream, version, type, data, metadata)
    values ($1, $2, $3, $4::text::jsonb, '{}')";

// Who appends knows the version it loaded; the unique constraint refuses whoever comes second.
const INSERT_MANY: &str = "insert into events (stream, version, type, data, metadata)
    select $1, $2 + place, $3, data::jsonb, '{}'
    from unnest($4::text[]) with ordinality appended (data, place)";

/// Makes the table.
pub(crate) async fn create(url: &str) -> Outcome {
    let client = database::connect(url).await?;
    Ok(client.batch_execute(TABLE).await?)
}

/// Makes so many deposits into each of these accounts.
pub(crate) async fn fill(url: &str, accounts: Range<usize>, deposits: usize) -> Outcome {
    let client = database::connect(url).await?;
    let (first, last) = (
        i64::try_from(accounts.start)?,
        i64::try_from(accounts.end - 1)?,
    );
    let (deposits, data) = (i64::try_from(deposits)?, fact::json());
    let parameters: [&(dyn ToSql + Sync); 5] = [&first, &last, &deposits, &fact::EVENT_TYPE, &data];
    client.execute(FILL, &parameters).await?;
    Ok(())
}

/// `BEGIN; SELECT max(version); INSERT; COMMIT`, a connection for each writer.
pub(crate) struct Naive {
    pub(crate) url: String,
}

/// One `INSERT … SELECT FROM unnest(…)` that commits itself, a connection for each writer.
pub(crate) struct OneStatement {
    pub(crate) url: String,
}

impl Candidate for Naive {
    fn name(&self) -> &'static str {
        NAIVE
    }
}

#[async_trait]
impl Appends for Naive {
    async fn writer(&self, stream: String, events: usize) -> Outcome<Box<dyn Worker>> {
        let client = database::connect(&self.url).await?;
        Ok(Box::new(NaiveWriter {
            max_version: client.prepare(MAX_VERSION).await?,
            insert: client.prepare(INSERT).await?,
            client,
            stream,
            events,
            data: fact::json(),
        }))
    }
}

struct NaiveWriter {
    client: Client,
    max_version: Statement,
    insert: Statement,
    stream: String,
    events: usize,
    data: String,
}

#[async_trait]
impl Worker for NaiveWriter {
    async fn work(&mut self) -> Outcome<u64> {
        let transaction = self.client.transaction().await?;
        let last = transaction
            .query_one(&self.max_version, &[&self.stream])
            .await?;
        let mut version = last.get::<_, Option<i64>>(0).unwrap_or(0);
        for _ in 0..self.events {
            version += 1;
            let (event_type, data) = (&fact::EVENT_TYPE, &self.data);
            transaction
                .execute(&self.insert, &[&self.stream, &version, event_type, data])
                .await?;
        }
        transaction.commit().await?;
        Ok(self.events as u64)
    }
}

impl Candidate for OneStatement {
    fn name(&self) -> &'static str {
        ONE_STATEMENT
    }
}

#[async_trait]
impl Appends for OneStatement {
    async fn writer(&self, stream: String, events: usize) -> Outcome<Box<dyn Worker>> {
        let client = database::connect(&self.url).await?;
        Ok(Box::new(OneStatementWriter {
            insert: client.prepare(INSERT_MANY).await?,
            client,
            stream,
            version: 0,
            data: vec![fact::json(); events],
        }))
    }
}

struct OneStatementWriter {
    client: Client,
    insert: Statement,
    stream: String,
    version: i64,
    data: Vec<String>,
}

#[async_trait]
impl Worker for OneStatementWriter {
    async fn work(&mut self) -> Outcome<u64> {
        let (event_type, data) = (&fact::EVENT_TYPE, &self.data);
        let inserted = self
            .client
            .execute(
                &self.insert,
                &[&self.stream, &self.version, event_type, data],
            )
            .await?;
        self.version += i64::try_from(inserted)?;
        Ok(inserted)
    }
}
