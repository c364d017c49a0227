//! A store and read models that outlive the services on them, and that several can share.

use std::sync::Arc;
use std::time::Duration;

use annals::embedded::EmbeddedStore;
use annals::postgres::{Postgres, PostgresReadModels};
use annals::runtime::{CutOver, RebuildOptions, RebuildPhase, RebuildProgress};
use annals::sqlite::Database;
use annals::{
    Annals, Append, AppendId, Builder, Event as _, EventId, EventStore, ExpectedVersion, Leases,
    Metadata, Position, Projection, RandomIds, ReadModels, StreamId, Table, Timestamp,
};
use annals_testing::{ManualClock, MemoryLeases};
use tempfile::TempDir;

use crate::balances::{AccountEvent, Balance};

/// Far beyond what any wait takes when nothing is wrong.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) struct Place {
    /// Where a file of read models is.
    _directory: Option<TempDir>,
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) read_models: Arc<dyn ReadModels>,
    pub(crate) leases: Arc<dyn Leases>,
}

impl Place {
    pub(crate) async fn on_sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let read_models = Database::open(directory.path().join("read-models.db")).await;
        Self::with(Arc::new(read_models.unwrap()), Some(directory))
    }

    pub(crate) async fn on_postgresql() -> Self {
        let server = annals_servers::postgres_url();
        let mark = if server.contains('?') { '&' } else { '?' };
        let schema = format!("t_{}", uuid().simple());
        let postgres = Postgres::connect(&format!("{server}{mark}schema={schema}")).await;
        let read_models = PostgresReadModels::open(&postgres.unwrap());
        Self::with(Arc::new(read_models), None)
    }

    fn with(read_models: Arc<dyn ReadModels>, directory: Option<TempDir>) -> Self {
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        Self {
            _directory: directory,
            store: Arc::new(EmbeddedStore::in_memory().unwrap()),
            read_models,
            leases: Arc::new(MemoryLeases::new(&clock)),
        }
    }

    /// A process that begins no rebuild by itself.
    pub(crate) async fn start<P: Projection>(&self) -> Annals {
        let builder = self.process::<P>().without_automatic_rebuilds();
        builder.start().await.unwrap()
    }

    /// A process that begins what is due.
    pub(crate) async fn start_renewing<P: Projection>(&self) -> Annals {
        Box::pin(self.process::<P>().start()).await.unwrap()
    }

    fn process<P: Projection>(&self) -> Builder {
        let (store, read_models) = (Arc::clone(&self.store), Arc::clone(&self.read_models));
        let builder = Annals::on(store, read_models).leases(Arc::clone(&self.leases));
        builder.projection::<P>()
    }

    /// Records a deposit of a cent to each of some accounts.
    pub(crate) async fn deposit(&self, accounts: u64) -> Position {
        let mut last = Position::START;
        for account in 0..accounts {
            let stream = StreamId::new("Account", &account.to_string()).unwrap();
            let append = AppendId(uuid());
            let event = AccountEvent::Deposited { cents: 1 };
            let event = event.to_new(EventId::of_append(append, 0), Metadata::default());
            let events = vec![event.unwrap()];
            let append = Append::to(stream, ExpectedVersion::Any, events).with_id(append);
            last = self.store.append(append).await.unwrap().last;
        }
        last
    }

    /// What is on the first account, by the columns that all versions have.
    pub(crate) async fn cents(&self) -> i64 {
        let table: Table<Balance> = Table::of(&self.read_models);
        let row = table.get(&"0".to_owned()).await.unwrap();
        row.unwrap().cents
    }
}

fn uuid() -> uuid::Uuid {
    annals::IdSource::next(&RandomIds)
}

/// Waits until the balances of a service hold everything up to a position.
pub(crate) async fn caught_up(service: &Annals, position: Position) {
    let balances = service.projection("balances");
    balances.wait_for(position, LONG).await.unwrap();
}

pub(crate) fn in_small_batches(cut_over: CutOver) -> RebuildOptions {
    RebuildOptions {
        max_batch: 4.try_into().unwrap(),
        cut_over,
        ..RebuildOptions::default()
    }
}

pub(crate) fn is_compared(phase: &RebuildPhase) -> bool {
    matches!(phase, RebuildPhase::Compared(_))
}

pub(crate) fn assert_cut_over(ended: &RebuildProgress) {
    let is_cut_over = matches!(ended.phase, RebuildPhase::CutOver(_));
    assert!(is_cut_over, "{:?}", ended.phase);
}
