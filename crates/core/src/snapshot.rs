//! Snapshots: a shortcut past a stream's older events, never trusted over them.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::ids::EventId;
use crate::position::StreamVersion;
use crate::query::Query;
use crate::stream::StreamId;

/// An aggregate whose state can be kept between loads.
///
/// `#[snapshot]` on `impl Aggregate` implements it, with a revision that changes as `evolve` does.
pub trait Snapshot: Aggregate + Serialize + DeserializeOwned + JsonSchema {
    /// Counts the changes of [`evolve`](Aggregate::evolve) that leave the state's shape as it
    /// was. Raise it, and older snapshots are ignored.
    const FOLD_REVISION: u32;

    /// What a kept state must have been made by to be used.
    fn fingerprint() -> Fingerprint {
        let shape = schemars::schema_for!(Self);
        let shape = serde_json::to_vec(&shape).expect("a JSON schema is JSON");
        Fingerprint::of(&shape, Self::FOLD_REVISION)
    }
}

/// Identifies the shape of a state or of a read model, and the fold that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub Uuid);

impl Fingerprint {
    /// Of a shape, as its JSON Schema, and a revision of the fold.
    pub fn of(shape: &[u8], fold_revision: u32) -> Self {
        let revision = Uuid::new_v5(&Uuid::NAMESPACE_OID, &fold_revision.to_be_bytes());
        Self(Uuid::new_v5(&revision, shape))
    }

    /// Of a read model: how its tables are made, which events it asks for, and the revision of
    /// the code that fills them.
    ///
    /// It is not that of any read model that was made before there were ledgers: such a one is made
    /// again, since nothing tells which events it handled, and code that notes none leaves it alone.
    pub fn of_read_model(tables: &str, query: &Query, revision: u32) -> Self {
        Self::of(
            format!("{tables}\n{query:?}\nwith a ledger").as_bytes(),
            revision,
        )
    }
}

/// A kept state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// What made it.
    pub fingerprint: Fingerprint,
    /// The version of the stream that it is the state of.
    pub version: StreamVersion,
    /// The event at that version: a stream that holds another one there has another history.
    pub last_event: EventId,
    /// The state, as JSON.
    pub state: Vec<u8>,
}

impl StoredSnapshot {
    /// A digest over all of it, to be kept beside it and compared when it is read back.
    pub fn checksum(&self) -> Uuid {
        let scope = Uuid::new_v5(&self.fingerprint.0, self.last_event.0.as_bytes());
        let scope = Uuid::new_v5(&scope, &self.version.0.to_be_bytes());
        Uuid::new_v5(&scope, &self.state)
    }
}

/// Where snapshots are kept: the newest one of each stream.
#[async_trait]
pub trait SnapshotStore: Send + Sync + 'static {
    /// The snapshot of a stream; `None` also when what is kept is damaged.
    async fn load(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, SnapshotError>;

    /// Keeps a snapshot in place of an older one. One that is newer stays.
    async fn save(&self, stream: &StreamId, snapshot: StoredSnapshot) -> Result<(), SnapshotError>;

    /// Lets go of the snapshot of a stream. True if there was one, damaged or not.
    async fn delete(&self, stream: &StreamId) -> Result<bool, SnapshotError>;
}

/// Why a snapshot could not be read or kept.
///
/// **Do:** go on without it; the stream holds everything.
#[derive(Debug, thiserror::Error)]
#[error("snapshot unavailable: {0}")]
pub struct SnapshotError(#[source] pub Box<dyn std::error::Error + Send + Sync>);
