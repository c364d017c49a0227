//! The bank with a store: balances, and deposits by hand, kept up to date in its appends.

use std::collections::BTreeMap;

use annals_core::{
    Append, Event as _, EventId, EventStore, ExpectedVersion, IdSource, Metadata, NewEvent,
    RandomIds, Read, Selection, Source, StreamId, TableFold, decode,
};
use annals_postgres::{InlineProjection, PostgresError, PostgresStore};

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

    /// Compares both read models with the log.
    pub(crate) async fn judge(&self) {
        let events = log(&self.store).await;
        let mut balances: BTreeMap<String, i64> = BTreeMap::new();
        let mut deposits = 0;
        for (account, event) in &events {
            if let AccountEvent::Deposited { cents } = event {
                *balances.entry(account.clone()).or_default() += cents;
                deposits += 1;
            }
        }
        assert_eq!(self.balances().await, balances);
        assert_eq!(self.database.count("deposits").await, deposits);
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

async fn log(store: &PostgresStore) -> Vec<(String, AccountEvent)> {
    let log = store.read(Read::forwards(Source::all())).await.unwrap();
    let log = log.collect().await.unwrap();
    log.into_iter()
        .map(|record| {
            let account = record.stream.id().to_owned();
            (account, decode(record).unwrap().event)
        })
        .collect()
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
