//! The same promises of order where each append keeps a projection up to date, which itself takes
//! in each event once, in order, and nothing else.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod adversary;
mod place;
mod proxy;

use adversary::OnPostgres;
use annals_core::payload::Payload;
use annals_core::{EncodeError, Event, EventSchema, Recorded};
use annals_postgres::tokio_postgres::types::Type;
use annals_postgres::{
    InlineProjection, Postgres, PostgresError, PostgresStore, SqlProjection, Transaction,
};
use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

annals_testing::ordering_suite!(OnPostgres::opened_by(opened));

fn opened(postgres: Postgres) -> BoxFuture<'static, PostgresStore> {
    async move {
        let inline = vec![InlineProjection::by_sql(EveryPosition)];
        PostgresStore::open_with_inline(&postgres, inline)
            .await
            .unwrap()
    }
    .boxed()
}

/// Notes the position of each event, and refuses one that does not follow the last.
struct EveryPosition;

#[async_trait]
impl SqlProjection for EveryPosition {
    type Event = Noted;
    const NAME: &'static str = "every_position";
    const TABLES: &'static [&'static str] = &["positions"];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        "create table positions (position bigint primary key)"
    }

    async fn apply(
        &self,
        tx: &Transaction<'_>,
        event: &Recorded<Noted>,
    ) -> Result<(), PostgresError> {
        let note = "insert into positions
                    select $1 where $1 = (select coalesce(max(position), 0) + 1 from positions)";
        let position = event.record.position.0.cast_signed();
        let noted = tx.execute(note, &[(&position, Type::INT8)]).await?;
        assert_eq!(noted, 1, "position {position} follows the last");
        Ok(())
    }
}

/// An event of the suite, whatever is in it.
struct Noted;

impl Event for Noted {
    const SCHEMAS: &'static [EventSchema] = &[EventSchema::new("NumberNoted", "Noted")];

    fn schema(&self) -> &'static EventSchema {
        &Self::SCHEMAS[0]
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        Ok(Vec::new())
    }

    fn decode(_: &EventSchema, _: u32, _: Payload<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self)
    }
}
