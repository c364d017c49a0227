//! Appends to try a store with, and stores that give up soon.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    Append, EventId, EventType, ExpectedVersion, IdSource, NewEvent, RandomIds, StreamVersion,
};
use annals_postgres::{Postgres, PostgresOptions, PostgresStore};
use tokio_postgres::{Client, NoTls};

/// Nothing that is waited for takes longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// An append of one event that was never there before.
pub(crate) fn append(stream: &str, expected: ExpectedVersion) -> Append {
    append_of_type("NumberNoted", stream, expected)
}

/// An append of one event of a type.
pub(crate) fn append_of_type(name: &str, stream: &str, expected: ExpectedVersion) -> Append {
    let id = EventId(RandomIds.next());
    let event = NewEvent::json(id, EventType::new(name).unwrap(), "1");
    Append::to(stream.parse().unwrap(), expected, vec![event])
}

/// What a writer expects who saw so many events.
pub(crate) fn at(version: u64) -> ExpectedVersion {
    StreamVersion(version).into()
}

/// A store whose appends are tried for so long.
pub(crate) async fn open_for(append_timeout: Duration, url: &str) -> Arc<PostgresStore> {
    let options = PostgresOptions::new(url).unwrap();
    let options = options.append_timeout(append_timeout);
    let postgres = Postgres::connect_with(options).await.unwrap();
    Arc::new(PostgresStore::open(&postgres).await.unwrap())
}

/// A connection to the shared server that is no store's.
pub(crate) async fn connect() -> Client {
    let url = annals_servers::postgres_url();
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Lets the server raise an error at each event for which a condition holds.
pub(crate) async fn refuse_inserts(place: &str, code: &str, when: &str) {
    let postgres = Postgres::connect(place).await.unwrap();
    let trigger = format!(
        "create function {{schema}}.refuse_insert() returns trigger language plpgsql as
         'begin raise exception ''refused by the test'' using errcode = ''{code}''; end';
         create trigger refuse_insert before insert on {{schema}}.events for each row
         when ({when}) execute function {{schema}}.refuse_insert()"
    );
    connect()
        .await
        .batch_execute(&postgres.sql(&trigger))
        .await
        .unwrap();
}
