//! What a store of a million events takes of the process's memory.

use annals::embedded::EmbeddedStore;
use annals::{Append, EventStore, ExpectedVersion, StreamId, StreamWrite};
use tempfile::TempDir;

use crate::Outcome;
use crate::store::event;
use crate::table::Table;

const EVENTS: usize = 1_000_000;
const APPEND: usize = 1_000;

pub(crate) async fn million(table: &mut Table) -> Outcome {
    let directory = TempDir::new()?;
    let path = directory.path().join("log");
    let before = resident_bytes()?;
    let store = EmbeddedStore::open(&path)?;
    for block in 0..EVENTS / APPEND {
        let writes = (0..10).map(|stream| {
            Ok(StreamWrite {
                stream: StreamId::new("Memory", &format!("{}", block % 1_000 * 10 + stream))?,
                expected: ExpectedVersion::Any,
                events: (0..APPEND / 10)
                    .map(|_| event())
                    .collect::<Result<_, _>>()?,
            })
        });
        let writes = writes.collect::<Result<_, annals::InvalidName>>()?;
        store.append(Append::to_streams(writes)).await?;
    }
    let taken = (resident_bytes()? - before) / 1024.0 / 1024.0;
    let note = "10,000 streams, index in memory";
    table.row(
        "memory at 1 million events",
        format!("{taken:.0} MiB"),
        note.to_owned(),
    );
    drop(store);
    let started = std::time::Instant::now();
    let store = EmbeddedStore::open(&path)?;
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(store.head().await?.0, EVENTS as u64);
    table.row(
        "opening 1 million events",
        format!("{seconds:.2} s"),
        "whole log scanned".to_owned(),
    );
    Ok(())
}

/// Resident memory of this process, by the kernel's account.
fn resident_bytes() -> Result<f64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(kib.ok_or("no VmRSS")?.parse::<f64>()? * 1024.0)
}
