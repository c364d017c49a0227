//! Stores in schemas of their own, as the suites come by them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use annals_core::{EventStore, StoreId};
use annals_postgres::{Postgres, PostgresStore};
use annals_testing::conformance::{Backend, Skip};
use async_trait::async_trait;

use crate::place::Place;

/// Stores in schemas of their own on one server.
pub(crate) struct Stores {
    server: String,
    places: Mutex<HashMap<StoreId, Place>>,
}

impl Stores {
    pub(crate) fn on(server: String) -> Self {
        let places = Mutex::default();
        Self { server, places }
    }

    async fn open_in(&self, place: Place) -> Arc<dyn EventStore> {
        let postgres = Postgres::connect(&place.url()).await.unwrap();
        let store = PostgresStore::open(&postgres).await.unwrap();
        self.places.lock().unwrap().insert(store.id(), place);
        Arc::new(store)
    }
}

#[async_trait]
impl Backend for Stores {
    async fn open(&self) -> Arc<dyn EventStore> {
        self.open_in(Place::on(self.server.clone())).await
    }

    /// Opens the store anew, as another process would, while the first still has it open: what a
    /// kill of the process leaves is what the database holds.
    async fn restart(&self, store: Arc<dyn EventStore>) -> Result<Arc<dyn EventStore>, Skip> {
        let place = self.places.lock().unwrap().remove(&store.id());
        Ok(self.open_in(place.unwrap()).await)
    }
}
