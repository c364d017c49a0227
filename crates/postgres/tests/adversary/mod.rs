//! What can be done to a store on PostgreSQL.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use annals_core::{Append, EventStore, StoreId};
use annals_postgres::{Postgres, PostgresStore};
use annals_servers::{PostgresCluster, postgres_url};
use annals_testing::ordering::{Adversary, Held, Line, Skip};
use async_trait::async_trait;
use futures_util::future::BoxFuture;

use crate::place::Place;

mod dump;
mod held;
mod line;

use held::HeldTransactions;
use line::CutLine;

/// How a store is opened, each time the same way.
pub(crate) type Opening = fn(Postgres) -> BoxFuture<'static, PostgresStore>;

/// Stores in schemas of their own on the shared server.
pub(crate) struct OnPostgres {
    opening: Opening,
    opened: Mutex<HashMap<StoreId, Opened>>,
    /// Those that restored stores are in; they go when the adversary goes.
    restored_in: Mutex<Vec<PostgresCluster>>,
}

#[derive(Clone)]
struct Opened {
    url: String,
    schema: String,
    store: Arc<PostgresStore>,
}

impl OnPostgres {
    /// Stores that are opened like this.
    pub(crate) fn opened_by(opening: Opening) -> Self {
        Self {
            opening,
            opened: Mutex::default(),
            restored_in: Mutex::default(),
        }
    }

    fn find(&self, store: &dyn EventStore) -> Opened {
        self.opened.lock().unwrap()[&store.id()].clone()
    }
}

#[async_trait]
impl Adversary for OnPostgres {
    async fn open(&self) -> Arc<dyn EventStore> {
        let url = Place::on(postgres_url()).url();
        let postgres = Postgres::connect(&url).await.unwrap();
        let store = Arc::new((self.opening)(postgres.clone()).await);
        let opened = Opened {
            url,
            schema: postgres.sql("{schema}"),
            store: Arc::clone(&store),
        };
        self.opened.lock().unwrap().insert(store.id(), opened);
        store
    }

    /// With connections, a listener and a writer of its own, as in another process.
    async fn second_handle(&self, store: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        Ok(open(&self.find(store).url, self.opening).await)
    }

    async fn hold_open(
        &self,
        store: &dyn EventStore,
        append: Append,
    ) -> Result<Box<dyn Held>, Skip> {
        let opened = self.find(store);
        let held = HeldTransactions::begin(&opened.url, opened.store, append);
        Ok(Box::new(held.await))
    }

    async fn cuttable(&self, store: &dyn EventStore) -> Result<Box<dyn Line>, Skip> {
        let url = self.find(store).url;
        Ok(Box::new(CutLine::to(&url, self.opening).await))
    }

    async fn pooled(&self, store: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        let pooler = annals_servers::pgbouncer_url();
        let schema = self.find(store).schema;
        let url = format!("{pooler}?schema={schema}&pooler=true");
        Ok(open(&url, self.opening).await)
    }

    async fn dump_and_restore(&self, store: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        let schema = self.find(store).schema;
        let dumped = schema.clone();
        let restoring = move || dump::to_fresh_cluster(&postgres_url(), &dumped);
        let cluster = tokio::task::spawn_blocking(restoring).await.unwrap();
        let url = format!("{}?schema={schema}", cluster.url());
        self.restored_in.lock().unwrap().push(cluster);
        Ok(open(&url, self.opening).await)
    }
}

async fn open(url: &str, opening: Opening) -> Arc<dyn EventStore> {
    let postgres = Postgres::connect(url).await.unwrap();
    Arc::new(opening(postgres).await)
}
