//! The event store of the textbooks on PostgreSQL: numbers come from a sequence, and readers ask
//! for `id > checkpoint order by id`. It is wrong, and here to be convicted.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use annals_core::{
    Append, AppendError, AppendId, Appended, ContentType, Delivery, EventId, EventStore,
    EventStream, EventType, Keys, Metadata, Position, Read, ReadError, RecordedEvent, Source,
    StoreId, StreamId, StreamVersion, Subscription, Timestamp,
};
use async_trait::async_trait;
use futures_util::stream;
use tokio_postgres::{Client, NoTls, Row};

const TABLE: &str = "create schema {schema};
    create table {schema}.events (
      id bigserial primary key,
      stream text not null,
      version bigint not null,
      event_id uuid not null,
      append_id uuid not null,
      event_type text not null,
      data bytea not null,
      unique (stream, version)
    )";
const VERSION: &str = "select coalesce(max(version), 0) from {schema}.events where stream = $1";
const INSERT: &str = "insert into {schema}.events
    (stream, version, event_id, append_id, event_type, data) values ($1, $2, $3, $4, $5, $6)
    returning id";
const AFTER: &str = "select id, stream, version, event_id, append_id, event_type, data
    from {schema}.events where id > $1 order by id";
const HEAD: &str = "select coalesce(max(id), 0) from {schema}.events";

/// How often a subscription asks.
const INTERVAL: Duration = Duration::from_millis(10);

/// Clones are the same store.
#[derive(Clone)]
pub(crate) struct Textbook {
    id: StoreId,
    server: String,
    schema: String,
    idle: Arc<Mutex<Vec<Client>>>,
}

/// A transaction that has inserted its events.
pub(crate) struct Transaction {
    store: Textbook,
    client: Client,
    appended: Appended,
}

impl Textbook {
    /// A fresh store in a schema of its own.
    pub(crate) async fn create(id: StoreId, server: String) -> Self {
        let store = Self {
            id,
            server,
            schema: format!("textbook_{}", id.0.simple()),
            idle: Arc::default(),
        };
        let client = store.client().await;
        client.batch_execute(&store.sql(TABLE)).await.unwrap();
        store.idle.lock().unwrap().push(client);
        store
    }

    /// Does everything but the commit.
    pub(crate) async fn insert(&self, append: &Append) -> Transaction {
        let client = self.client().await;
        client.batch_execute("begin").await.unwrap();
        let (mut ids, mut versions) = (Vec::new(), Vec::new());
        for write in &append.writes {
            let stream = write.stream.as_str();
            let mut version = self.lock(&client, stream).await;
            for event in &write.events {
                version += 1;
                let kind = event.event_type.as_str();
                let data = &event.data[..];
                let row = client
                    .query_one(
                        &self.sql(INSERT),
                        &[&stream, &version, &event.id.0, &append.id.0, &kind, &data],
                    )
                    .await
                    .unwrap();
                ids.push(number(&row, 0));
            }
            versions.push((write.stream.clone(), StreamVersion(version.cast_unsigned())));
        }
        let appended = Appended {
            id: append.id,
            first: Position(ids[0]),
            last: Position(ids[ids.len() - 1]),
            versions,
        };
        let store = self.clone();
        Transaction {
            store,
            client,
            appended,
        }
    }

    /// The version of a stream that nobody else writes to until the end of the transaction.
    async fn lock(&self, client: &Client, stream: &str) -> i64 {
        let lock = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
        let name = format!("{} {stream}", self.schema);
        client.execute(lock, &[&name]).await.unwrap();
        let row = client.query_one(&self.sql(VERSION), &[&stream]).await;
        row.unwrap().get(0)
    }

    /// A connection that nobody uses.
    async fn client(&self) -> Client {
        let idle = self.idle.lock().unwrap().pop();
        if let Some(client) = idle {
            return client;
        }
        let connecting = tokio_postgres::connect(&self.server, NoTls);
        let (client, connection) = connecting.await.unwrap();
        tokio::spawn(connection);
        client
    }

    async fn rows(&self, sql: &str, after: Option<Position>) -> Vec<Row> {
        let client = self.client().await;
        let rows = match after.map(|after| after.0.cast_signed()) {
            Some(after) => client.query(&self.sql(sql), &[&after]).await,
            None => client.query(&self.sql(sql), &[]).await,
        };
        self.idle.lock().unwrap().push(client);
        rows.unwrap()
    }

    /// Where the store is, and what a source asks for of the events up to there.
    async fn page(&self, source: &Source) -> (Position, Vec<RecordedEvent>) {
        let Source::Query { query, after } = source else {
            unreachable!("the ordering suite reads no streams");
        };
        let after = after.unwrap_or_default();
        let rows = self.rows(AFTER, Some(after)).await;
        let mut events: Vec<_> = rows.iter().map(recorded).collect();
        let head = events.last().map_or(after, |event| event.position);
        events.retain(|event| query.matches(&event.stream, &event.event_type, &event.tags));
        (head, events)
    }

    fn sql(&self, text: &str) -> String {
        text.replace("{schema}", &self.schema)
    }
}

impl Transaction {
    pub(crate) async fn commit(self) -> Appended {
        self.end("commit").await
    }

    pub(crate) async fn roll_back(self) {
        self.end("rollback").await;
    }

    async fn end(self, how: &str) -> Appended {
        self.client.batch_execute(how).await.unwrap();
        self.store.idle.lock().unwrap().push(self.client);
        self.appended
    }
}

#[async_trait]
impl EventStore for Textbook {
    fn id(&self) -> StoreId {
        self.id
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        Ok(self.insert(&append).await.commit().await)
    }

    async fn find_append(&self, _: AppendId) -> Result<Option<Appended>, ReadError> {
        unreachable!("the ordering suite asks for no append")
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        let (head, events) = self.page(&read.source).await;
        let limit = read.limit.unwrap_or(u64::MAX);
        let events: Vec<_> = events
            .into_iter()
            .zip(0..limit)
            .map(|(event, _)| Ok(event))
            .collect();
        Ok(EventStream::new(head, stream::iter(events)))
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        let (deliveries, subscription) = tokio::sync::mpsc::channel(100);
        tokio::spawn(self.clone().deliver(source, deliveries));
        let deliveries = stream::unfold(subscription, |mut subscription| async {
            let delivery = subscription.recv().await?;
            Some((Ok(delivery), subscription))
        });
        Ok(Subscription::new(deliveries))
    }

    async fn head(&self) -> Result<Position, ReadError> {
        let rows = self.rows(HEAD, None).await;
        Ok(Position(number(&rows[0], 0)))
    }

    async fn stream_version(&self, _: &StreamId) -> Result<StreamVersion, ReadError> {
        unreachable!("the ordering suite asks for no version")
    }
}

impl Textbook {
    /// Asks again and again, until nobody listens.
    async fn deliver(self, mut source: Source, deliveries: tokio::sync::mpsc::Sender<Delivery>) {
        let mut marked = None;
        let mut ticks = tokio::time::interval(INTERVAL);
        while !deliveries.is_closed() {
            ticks.tick().await;
            let (head, events) = self.page(&source).await;
            let mut page: Vec<_> = events
                .into_iter()
                .map(|event| Delivery::Event(Box::new(event)))
                .collect();
            if marked.replace(head) != Some(head) {
                page.push(Delivery::CaughtUp(head));
            }
            for delivery in page {
                let _gone = deliveries.send(delivery).await;
            }
            if let Source::Query { after, .. } = &mut source {
                *after = Some(head);
            }
        }
    }
}

fn recorded(row: &Row) -> RecordedEvent {
    RecordedEvent {
        position: Position(number(row, 0)),
        stream: row.get::<_, &str>(1).parse().unwrap(),
        version: StreamVersion(number(row, 2)),
        id: EventId(row.get(3)),
        append: AppendId(row.get(4)),
        event_type: EventType::new(row.get::<_, &str>(5)).unwrap(),
        schema_version: 1,
        content_type: ContentType::json(),
        data: row.get::<_, Vec<u8>>(6).into(),
        tags: Vec::new(),
        metadata: Metadata::default(),
        recorded_at: Timestamp::UNIX_EPOCH,
        keys: Keys::default(),
    }
}

fn number(row: &Row, column: usize) -> u64 {
    row.get::<_, i64>(column).cast_unsigned()
}
