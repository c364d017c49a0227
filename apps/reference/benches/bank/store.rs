//! The store alone: durable appends, replay, and loading one stream.

use std::sync::Arc;
use std::time::{Duration, Instant};

use annals::embedded::EmbeddedStore;
use annals::{
    Append, EventId, EventStore, EventType, ExpectedVersion, IdSource, NewEvent, RandomIds, Read,
    Source, StreamId,
};
use tempfile::TempDir;

use crate::Outcome;
use crate::disk::syncs_per_second;
use crate::table::Table;

const PAYLOAD_BYTES: usize = 200;
const APPEND_FOR: Duration = Duration::from_secs(4);
const BATCH: usize = 1_000;

/// An event with a payload of 200 bytes of JSON.
pub(crate) fn event() -> Result<NewEvent, annals::InvalidName> {
    let event_type = EventType::new("MoneyDeposited")?;
    let filling = "x".repeat(PAYLOAD_BYTES - r#"{"description":""}"#.len());
    let payload = format!(r#"{{"description":"{filling}"}}"#);
    Ok(NewEvent::json(
        EventId(RandomIds.next()),
        event_type,
        payload,
    ))
}

fn append(stream: StreamId, events: usize) -> Result<Append, annals::InvalidName> {
    let events = (0..events).map(|_| event()).collect::<Result<_, _>>()?;
    Ok(Append::to(stream, ExpectedVersion::Any, events))
}

pub(crate) async fn appends(table: &mut Table) -> Outcome {
    for writers in [1, 8, 64] {
        let directory = TempDir::new()?;
        let syncs = syncs_per_second(directory.path())?;
        table.row(
            "serial fdatasync",
            format!("{syncs:.0}/s"),
            "512-byte writes".to_owned(),
        );
        let store = Arc::new(EmbeddedStore::open(directory.path().join("log"))?);
        let rate = single_appends(store, writers).await?;
        let what = format!("durable single-event appends, {writers} writers");
        table.rate(&what, rate, syncs);
    }
    let directory = TempDir::new()?;
    let syncs = syncs_per_second(directory.path())?;
    let store = EmbeddedStore::open(directory.path().join("log"))?;
    let started = Instant::now();
    let mut events = 0;
    while started.elapsed() < APPEND_FOR {
        store.append(append("Bulk-1".parse()?, BATCH)?).await?;
        events += BATCH;
    }
    let rate = events as f64 / started.elapsed().as_secs_f64();
    table.rate("events in durable appends of 1,000", rate, syncs);
    Ok(())
}

/// Each writer appends to a stream of its own, one event after the other.
async fn single_appends(
    store: Arc<EmbeddedStore>,
    writers: usize,
) -> Result<f64, Box<dyn std::error::Error>> {
    let started = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let stream = StreamId::new("Writer", &writer.to_string()).ok()?;
                let mut appended = 0;
                while started.elapsed() < APPEND_FOR {
                    store.append(append(stream.clone(), 1).ok()?).await.ok()?;
                    appended += 1;
                }
                Some(appended)
            })
        })
        .collect();
    let mut appended = 0;
    for task in tasks {
        appended += task.await?.ok_or("an append failed")?;
    }
    Ok(f64::from(appended) / started.elapsed().as_secs_f64())
}

const REPLAYED: usize = 500_000;
const STREAM_LENGTH: usize = 100;
const LOADS: u32 = 2_000;

pub(crate) async fn reads(table: &mut Table) -> Outcome {
    let directory = TempDir::new()?;
    let store = EmbeddedStore::open(directory.path().join("log"))?;
    // Appends of ten streams with 100 events each.
    for block in 0..REPLAYED / BATCH {
        let writes = (0..10).map(|stream| {
            Ok(annals::StreamWrite {
                stream: StreamId::new("Load", &format!("{block}-{stream}"))?,
                expected: ExpectedVersion::NoStream,
                events: (0..STREAM_LENGTH)
                    .map(|_| event())
                    .collect::<Result<_, _>>()?,
            })
        });
        let writes = writes.collect::<Result<_, annals::InvalidName>>()?;
        store.append(Append::to_streams(writes)).await?;
    }
    let started = Instant::now();
    let mut replay = store.read(Read::forwards(Source::all())).await?;
    let mut events = 0;
    while replay.try_next().await?.is_some() {
        events += 1;
    }
    let rate = f64::from(events) / started.elapsed().as_secs_f64();
    table.row(
        "full replay",
        format!("{rate:.0} events/s"),
        format!("{events} events"),
    );

    let started = Instant::now();
    for load in 0..LOADS {
        let block = load as usize * 7 % (REPLAYED / BATCH);
        let stream = StreamId::new("Load", &format!("{block}-{}", load % 10))?;
        let read = store.read(Read::forwards(Source::stream(stream))).await?;
        assert_eq!(read.collect().await?.len(), STREAM_LENGTH);
    }
    let each = started.elapsed() / LOADS;
    let micros = each.as_secs_f64() * 1e6;
    table.row(
        "load of a 100-event stream",
        format!("{micros:.0} µs"),
        format!("{LOADS} loads"),
    );
    Ok(())
}
