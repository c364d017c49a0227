//! Under what conditions it was measured. No dates: they say nothing of the code.

use std::path::Path;
use std::time::Duration;

use crate::{Outcome, database, disk, fact};

const LOCK_FILE: &str = include_str!("../Cargo.lock");

/// Settings on which the figures depend most.
const SETTINGS: [&str; 9] = [
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_sync_method",
    "commit_delay",
    "shared_buffers",
    "max_wal_size",
    "max_connections",
    "data_checksums",
];

/// The machine.
pub(crate) fn of_machine() -> Outcome<Vec<String>> {
    let cores = std::thread::available_parallelism()?;
    let directory = tempfile::tempdir()?;
    let syncs = disk::syncs_per_second(directory.path(), Duration::from_secs(1))?;
    let sync_ms = 1_000.0 / syncs;
    let memory = gibibytes_of_memory()?;
    Ok(vec![
        format!("{cores} cores, {memory:.0} GiB of memory, shared by programs and servers"),
        format!("a disk that takes {sync_ms:.2} ms for a write of 512 bytes and its `fdatasync`"),
        format!("Rust {}, release profile", env!("CARGO_PKG_RUST_VERSION")),
        format!("events of {} bytes of JSON", fact::BYTES),
    ])
}

/// The server, and whoever speaks to it.
pub(crate) async fn of_server(url: &str, crates: &[&str]) -> Outcome<Vec<String>> {
    let client = database::connect(url).await?;
    let version: String = client.query_one("show server_version", &[]).await?.get(0);
    let mut settings = Vec::new();
    for setting in SETTINGS {
        let row = client.query_one(&format!("show {setting}"), &[]).await?;
        settings.push(format!("`{setting} = {}`", row.get::<_, &str>(0)));
    }
    let crates: Vec<_> = crates.iter().map(|name| of_crate(name)).collect();
    Ok(vec![
        format!(
            "PostgreSQL {version} on the same machine, {}",
            settings.join(", ")
        ),
        crates.join(", "),
    ])
}

fn of_crate(name: &str) -> String {
    let entry = format!("name = \"{name}\"\nversion = \"");
    let version = LOCK_FILE
        .split_once(&entry)
        .and_then(|(_, rest)| rest.split('"').next());
    format!("{name} {}", version.unwrap_or("of unknown version"))
}

fn gibibytes_of_memory() -> Outcome<f64> {
    Ok(kibibytes("/proc/meminfo", "MemTotal:")? / 1024.0 / 1024.0)
}

/// A figure of the kernel's, from a file of lines such as `VmRSS: 1234 kB`.
pub(crate) fn kibibytes(file: impl AsRef<Path>, name: &str) -> Outcome<f64> {
    let lines = std::fs::read_to_string(file)?;
    let line = lines.lines().find(|line| line.starts_with(name));
    let figure = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(figure.ok_or("the kernel does not tell")?.parse()?)
}
