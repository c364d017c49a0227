//! The store on PostgreSQL keeps the store's contract.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod place;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use annals_core::{EventStore, StoreId};
use annals_postgres::{Postgres, PostgresStore};
use annals_testing::conformance::{Backend, Skip};
use async_trait::async_trait;
use place::Place;

annals_testing::conformance_suite!(Shared::default());

/// Stores in schemas of their own on the shared server.
#[derive(Default)]
struct Shared {
    places: Mutex<HashMap<StoreId, Place>>,
}

impl Shared {
    async fn open_in(&self, place: Place) -> Arc<dyn EventStore> {
        let postgres = Postgres::connect(&place.url()).await.unwrap();
        let store = PostgresStore::open(&postgres).await.unwrap();
        self.places.lock().unwrap().insert(store.id(), place);
        Arc::new(store)
    }
}

#[async_trait]
impl Backend for Shared {
    async fn open(&self) -> Arc<dyn EventStore> {
        self.open_in(Place::new()).await
    }

    /// Opens the store anew, as another process would, while the first still has it open: what a
    /// kill of the process leaves is what the database holds.
    async fn restart(&self, store: Arc<dyn EventStore>) -> Result<Arc<dyn EventStore>, Skip> {
        let place = self.places.lock().unwrap().remove(&store.id());
        Ok(self.open_in(place.unwrap()).await)
    }
}
