//! The files that histories are recorded in.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

const SUFFIX: &str = ".history.json";

/// A history, and where it is kept.
pub(super) struct History {
    pub(super) path: PathBuf,
    pub(super) recorded: Recorded,
}

/// What a file holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recorded {
    pub(super) events: Vec<StoredEvent>,
    /// Nothing before it was accepted once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<Outcome>,
}

/// An event, as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredEvent {
    #[serde(rename = "type")]
    pub(super) name: String,
    pub(super) version: u32,
    pub(super) payload: Value,
}

/// What the events fold to.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outcome {
    pub(super) fingerprint: Uuid,
    pub(super) state: Value,
}

/// All histories of a directory, by name.
pub(super) fn all(directory: &Path) -> io::Result<Vec<History>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(SUFFIX) {
            paths.push(path);
        }
    }
    paths.sort();
    paths.into_iter().map(History::read).collect()
}

impl History {
    fn read(path: PathBuf) -> io::Result<Self> {
        let text = fs::read(&path)?;
        let recorded = serde_json::from_slice(&text)
            .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
        Ok(Self { path, recorded })
    }

    pub(super) fn write(&self) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(&self.recorded)?;
        text.push('\n');
        fs::write(&self.path, text)
    }
}
