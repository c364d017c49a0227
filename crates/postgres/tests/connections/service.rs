//! All that a service does with its database, in small: it counts what was seen.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    Append, AppendError, Appended, Event as _, EventId, EventStore, EventType, ExpectedVersion,
    Fingerprint, IdSource, NewEvent, Projection, ProjectionBatch, Projector, QueryError, RandomIds,
    Read, ReadModels, Recorded, SnapshotStore, Source, StoredSnapshot, StreamVersion, Table,
    TableFold, Tag,
};
use annals_macros::{Event, ReadModel};
use annals_postgres::{
    LeaseOptions, Postgres, PostgresError, PostgresLeases, PostgresOptions, PostgresReadModels,
    PostgresStore,
};
use serde::{Deserialize, Serialize};

/// Short, since some tests wait until it is over.
const APPEND_TIMEOUT: Duration = Duration::from_millis(400);

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
pub(crate) enum BirdEvent {
    Seen,
}

#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "birds")]
pub(crate) struct Bird {
    #[key]
    name: String,
    seen: i64,
}

impl Projection for Bird {
    type Event = BirdEvent;

    fn keys(event: &Recorded<BirdEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(row: Option<Self>, name: &String, _: &Recorded<BirdEvent>) -> Option<Self> {
        let name = name.clone();
        let seen = row.map_or(0, |row| row.seen) + 1;
        Some(Self { name, seen })
    }
}

/// A running service.
pub(crate) struct Service {
    pub(crate) postgres: Postgres,
    pub(crate) store: PostgresStore,
    pub(crate) projector: Arc<dyn Projector>,
    pub(crate) leases: PostgresLeases,
    birds: Table<Bird>,
    snapshots: Arc<dyn SnapshotStore>,
}

impl Service {
    pub(crate) async fn start(url: &str) -> Self {
        Self::try_start(url).await.unwrap()
    }

    pub(crate) async fn try_start(url: &str) -> Result<Self, PostgresError> {
        let options = PostgresOptions::new(url)?.append_timeout(APPEND_TIMEOUT);
        Self::start_with(options).await
    }

    pub(crate) async fn start_with(options: PostgresOptions) -> Result<Self, PostgresError> {
        let postgres = Postgres::connect_with(options).await?;
        let store = PostgresStore::open(&postgres).await?;
        let read_models: Arc<dyn ReadModels> = Arc::new(PostgresReadModels::open(&postgres));
        let projector = read_models
            .projector(TableFold::of_rows::<Bird>())
            .await
            .unwrap();
        projector.resume(store.id()).await.unwrap();
        Ok(Self {
            leases: PostgresLeases::new(&postgres, LeaseOptions::default()),
            birds: Table::of(&read_models),
            snapshots: read_models.snapshots().await.unwrap(),
            postgres,
            store,
            projector,
        })
    }

    /// Appends one event.
    pub(crate) async fn see(&self, bird: &str) -> Result<Appended, AppendError> {
        let event = NewEvent::json(
            EventId(RandomIds.next()),
            EventType::new(BirdEvent::Seen.schema().name).unwrap(),
            BirdEvent::Seen.encode().unwrap(),
        );
        let event = event.tagged(Tag::new(format!("bird:{bird}")).unwrap());
        let stream = format!("Bird-{bird}").parse().unwrap();
        self.store
            .append(Append::to(stream, ExpectedVersion::Any, vec![event]))
            .await
    }

    /// What the projection has to apply.
    pub(crate) async fn next_batch(&self) -> ProjectionBatch {
        let after = self.projector.position(self.store.id()).await.unwrap();
        let read = self
            .store
            .read(Read::forwards(Source::all_after(after)))
            .await
            .unwrap();
        ProjectionBatch {
            after,
            up_to: read.head(),
            events: read.collect().await.unwrap().into(),
        }
    }

    /// How often a bird was seen, by the read model.
    pub(crate) async fn seen(&self, bird: &str) -> Result<i64, QueryError> {
        let bird = self.birds.get(&bird.to_owned()).await?;
        Ok(bird.map_or(0, |bird| bird.seen))
    }

    /// Keeps a snapshot.
    pub(crate) async fn keep_snapshot(&self) {
        let stream = "Bird-wren".parse().unwrap();
        let snapshot = StoredSnapshot {
            fingerprint: Fingerprint::of(b"shape", 1),
            version: StreamVersion(1),
            last_event: EventId(RandomIds.next()),
            state: b"{}".to_vec(),
        };
        self.snapshots
            .save(&stream, snapshot.clone())
            .await
            .unwrap();
        let kept = self.snapshots.load(&stream).await.unwrap();
        assert_eq!(kept, Some(snapshot));
    }
}
