//! The bank with a store: balances, and deposits by hand, kept up to date in its appends.

use std::collections::BTreeMap;

use annals_core::{
    Append, Event as _, EventId, EventStore, ExpectedVersion, IdSource, LedgerPage, Metadata,
    NewEvent, Projector, RandomIds, Read, ReadModels, Recorded, Selection, Source, StreamId,
    TableFold, decode,
};
use annals_postgres::{InlineProjection, PostgresError, PostgresReadModels, PostgresStore};
use annals_testing::read_models::bank::pages_noting;

use crate::bank::{AccountEvent, Balance, Database, Deposits};

/// A store with inline projections, and its database.
pub(crate) struct InlineBank {
    pub(crate) database: Database,
    pub(crate) store: PostgresStore,
}

impl InlineBank {
    pub(crate) async fn new() -> Self {
        Self::on(Database::new().await).await
    }

    pub(crate) async fn on(database: Database) -> Self {
        let store = open_inline(&database).await.unwrap();
        Self { database, store }
    }

    /// The store, as a process sees it that knows of no inline projections.
    pub(crate) async fn plain_store(&self) -> PostgresStore {
        PostgresStore::open(&self.database.postgres).await.unwrap()
    }

    /// Compares both read models, and what their ledgers note, with the log.
    pub(crate) async fn judge(&self) {
        let log = self
            .store
            .read(Read::forwards(Source::all()))
            .await
            .unwrap();
        let log = log.collect().await.unwrap();
        let mut balances: BTreeMap<String, i64> = BTreeMap::new();
        let mut deposits = 0;
        for record in &log {
            let Recorded { event, .. } = decode(record.clone()).unwrap().remove(0);
            if let AccountEvent::Deposited { cents } = event {
                let account = record.stream.id().to_owned();
                *balances.entry(account).or_default() += cents;
                deposits += 1;
            }
        }
        assert_eq!(self.balances().await, balances);
        assert_eq!(self.database.count("deposits").await, deposits);
        let pages = pages_noting(&log);
        assert_eq!(self.ledgers().await, [pages.clone(), pages]);
    }

    /// What is noted of each read model.
    async fn ledgers(&self) -> [Vec<LedgerPage>; 2] {
        let read_models = PostgresReadModels::open(&self.database.postgres);
        let balances = read_models.projector(TableFold::of_rows::<Balance>());
        let deposits = read_models.sql_projector(Deposits::<1>);
        [
            self.noted(&*balances.await.unwrap()).await,
            self.noted(&*deposits.await.unwrap()).await,
        ]
    }

    async fn noted(&self, projector: &dyn Projector) -> Vec<LedgerPage> {
        let ledger = projector.ledger().unwrap();
        let view = ledger.checkpoint_and_pages(self.store.id(), 0, 100).await;
        view.unwrap().pages
    }

    async fn balances(&self) -> BTreeMap<String, i64> {
        let table = self.database.table::<Balance>();
        let rows = table.list(Selection::new()).await.unwrap();
        rows.into_iter()
            .map(|row| (row.account, row.cents))
            .collect()
    }
}

/// Opens the store of a database, with both projections inline.
pub(crate) async fn open_inline(database: &Database) -> Result<PostgresStore, PostgresError> {
    let inline = vec![
        InlineProjection::of_tables(TableFold::of_rows::<Balance>()),
        InlineProjection::by_sql(Deposits::<1>),
    ];
    PostgresStore::open_with_inline(&database.postgres, inline).await
}

pub(crate) fn append(account: &str, events: &[AccountEvent]) -> Append {
    append_at(ExpectedVersion::Any, account, events)
}

pub(crate) fn append_at(
    expected: ExpectedVersion,
    account: &str,
    events: &[AccountEvent],
) -> Append {
    let stream = StreamId::new("Account", account).unwrap();
    Append::to(stream, expected, events.iter().map(new).collect())
}

pub(crate) fn deposit_of(account: &str, cents: i64) -> Append {
    append(account, &[AccountEvent::Deposited { cents }])
}

fn new(event: &AccountEvent) -> NewEvent {
    let id = EventId(RandomIds.next());
    event.to_new(id, Metadata::default()).unwrap()
}
