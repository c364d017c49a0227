//! The view of events for people: payloads as JSON, found by an index once one is asked for.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod place;

use annals_core::{
    Append, Bytes, ContentType, EventId, EventStore, EventType, ExpectedVersion, IdSource,
    NewEvent, RandomIds, StreamId, StreamWrite,
};
use annals_postgres::{Postgres, PostgresStore};
use place::Place;

const ADA: &str = r#"select stream from {schema}.recorded_events where data @> '{"owner": "ada"}'"#;

/// `{"owner": "ada"}`, by gzip.
const ADA_COMPRESSED: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\x2f\xcf\x4b\x2d\x52\xb2\x52\x50\x4a\x4c\x49\x54\xaa\x05\x00\x1a\x61\x01\xab\x10\x00\x00\x00";

async fn opened() -> (Postgres, PostgresStore) {
    let place = Place::on(annals_servers::postgres_url());
    let postgres = Postgres::connect(&place.url()).await.unwrap();
    let store = PostgresStore::open(&postgres).await.unwrap();
    (postgres, store)
}

async fn open_account(store: &PostgresStore, id: &str, payload: impl Into<Bytes>) {
    let event = NewEvent::json(
        EventId(RandomIds.next()),
        EventType::new("AccountOpened").unwrap(),
        payload,
    );
    let stream = StreamId::new("Account", id).unwrap();
    let append = Append::to(stream, ExpectedVersion::NoStream, vec![event]);
    store.append(append).await.unwrap();
}

async fn texts(postgres: &Postgres, sql: &str) -> Vec<String> {
    let client = postgres.client().await.unwrap();
    let rows = client.rows(&postgres.sql(sql), &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Enough other accounts that reading all of them would take longer.
async fn open_many(postgres: &Postgres, store: &PostgresStore) {
    for _ in 0..5 {
        let writes = (0..1_000).map(|_| StreamWrite {
            stream: StreamId::new("Account", &RandomIds.next().to_string()).unwrap(),
            expected: ExpectedVersion::NoStream,
            events: vec![NewEvent::json(
                EventId(RandomIds.next()),
                EventType::new("AccountOpened").unwrap(),
                format!(r#"{{"owner": "{}"}}"#, RandomIds.next()),
            )],
        });
        let append = Append::to_streams(writes.collect());
        store.append(append).await.unwrap();
    }
    let client = postgres.client().await.unwrap();
    let analyze = postgres.sql("analyze {schema}.events");
    client.execute(&analyze, &[]).await.unwrap();
}

async fn plan(postgres: &Postgres) -> String {
    texts(postgres, &format!("explain {ADA}")).await.join("\n")
}

#[tokio::test]
async fn events_are_found_by_what_their_payload_contains() {
    let (postgres, store) = opened().await;
    open_account(&store, "a", r#"{"owner": "ada", "limit": 5}"#).await;
    open_account(&store, "b", r#"{"owner": "bob"}"#).await;
    assert_eq!(texts(&postgres, ADA).await, ["Account-a"]);
}

#[tokio::test]
async fn the_index_over_payloads_is_used() {
    let (postgres, store) = opened().await;
    open_many(&postgres, &store).await;
    open_account(&store, "a", r#"{"owner": "ada"}"#).await;
    assert!(!plan(&postgres).await.contains("events_payload"));
    store.index_payloads().await.unwrap();
    store.index_payloads().await.unwrap();
    assert!(plan(&postgres).await.contains("events_payload"));
    open_account(&store, "c", r#"{"owner": "ada"}"#).await;
    assert_eq!(texts(&postgres, ADA).await, ["Account-a", "Account-c"]);
    store.drop_payload_index().await.unwrap();
    assert!(!plan(&postgres).await.contains("events_payload"));
}

#[tokio::test]
async fn an_index_whose_making_was_interrupted_is_made_again() {
    let (postgres, store) = opened().await;
    open_many(&postgres, &store).await;
    store.index_payloads().await.unwrap();
    let client = postgres.client().await.unwrap();
    let interrupt = "update pg_index set indisvalid = false
                     where indexrelid = '{schema}.events_payload'::regclass";
    client.execute(&postgres.sql(interrupt), &[]).await.unwrap();
    assert!(!plan(&postgres).await.contains("events_payload"));
    store.index_payloads().await.unwrap();
    assert!(plan(&postgres).await.contains("events_payload"));
}

#[tokio::test]
async fn processes_that_ask_for_the_index_at_once_do_not_disturb_each_other() {
    let (postgres, store) = opened().await;
    open_many(&postgres, &store).await;
    let asked = (0..4).map(|_| store.index_payloads());
    for indexed in futures_util::future::join_all(asked).await {
        indexed.unwrap();
    }
    assert!(plan(&postgres).await.contains("events_payload"));
}

#[tokio::test]
async fn payloads_that_are_not_json_are_taken_and_passed_over() {
    let (postgres, store) = opened().await;
    store.index_payloads().await.unwrap();
    let others: [(&str, &[u8]); 3] = [
        ("image/png", &[0, 159, 146, 150]),
        ("application/msgpack", b"\x81\xa5owner\xa3ada"),
        ("application/json+gzip", ADA_COMPRESSED),
    ];
    let events = others.map(|(content_type, payload)| {
        let event_type = EventType::new("AccountOpened").unwrap();
        let mut event = NewEvent::json(EventId(RandomIds.next()), event_type, payload.to_vec());
        event.content_type = ContentType::new(content_type).unwrap();
        event
    });
    let stream = StreamId::new("Account", "a").unwrap();
    let append = Append::to(stream, ExpectedVersion::NoStream, events.into());
    store.append(append).await.unwrap();
    open_account(&store, "b", r#"{"owner": "ada"}"#).await;
    assert_eq!(texts(&postgres, ADA).await, ["Account-b"]);
    let empty =
        "select content_type from {schema}.recorded_events where data is null order by position";
    let passed_over = others.map(|(content_type, _)| content_type);
    assert_eq!(texts(&postgres, empty).await, passed_over);
}

#[tokio::test]
async fn a_view_over_many_events_needs_no_parallel_plan() {
    let (postgres, store) = opened().await;
    open_account(&store, "a", r#"{"owner": "ada"}"#).await;
    let mut client = postgres.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let parallel = "set local parallel_setup_cost = 0; set local parallel_tuple_cost = 0;
                    set local min_parallel_table_scan_size = 0; set local debug_parallel_query = on";
    // Its name before version 16.
    let before = parallel.replace("debug_parallel_query", "force_parallel_mode");
    let version = tx.rows("select current_setting('server_version_num')::integer", &[]);
    let version: i32 = version.await.unwrap()[0].get(0);
    let parallel = if version < 160_000 { &before } else { parallel };
    tx.batch(parallel).await.unwrap();
    let count = "select count(*) from {schema}.recorded_events where data ->> 'owner' = 'ada'";
    let rows = tx.rows(&postgres.sql(count), &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, i64>(0), 1);
}
