//! What a service with a keyring does beside all else: it reads with keys, and forgets persons.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{EventStore, Position};
use annals_keys::Keyring;
use annals_runtime::{
    ErasurePlaces, Erasures, ErasuresElsewhere, KeyedStore, NotReached, PersonalEvents,
    ProjectionHandle, Reconciled, RunnerOptions, destroy_keys_again, run_projection,
};

use crate::error::Error;
use crate::place::Opened;

/// A keyring, and what the log says of it.
pub(crate) struct Keyed {
    keyring: Arc<Keyring>,
    store: Arc<dyn EventStore>,
    personal: PersonalEvents,
    reconciled: Reconciled,
}

/// What forgets persons, for as long as a service runs.
pub(crate) struct Forgetting {
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) erasures: Erasures,
    elsewhere: ProjectionHandle,
}

impl Keyed {
    /// The same place, its store read with its keyring, which has no key of whoever was forgotten;
    /// `None`: it has no keyring.
    pub(crate) async fn of(
        opened: Opened,
        personal: PersonalEvents,
    ) -> Result<(Opened, Option<Self>), Error> {
        let Some(keyring) = opened.keyring.clone() else {
            return Ok((opened, None));
        };
        let reconciled = destroy_keys_again(&*opened.store, &keyring).await?;
        let keyed = KeyedStore::new(opened.store, Arc::clone(&keyring), personal.clone());
        let store: Arc<dyn EventStore> = Arc::new(keyed);
        let keyed = Self {
            keyring,
            store: Arc::clone(&store),
            personal,
            reconciled,
        };
        Ok((Opened { store, ..opened }, Some(keyed)))
    }

    pub(crate) fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keyring)
    }

    /// Begins to forget persons, and finishes what was cut off.
    pub(crate) fn begin(self, places: ErasurePlaces, options: RunnerOptions) -> Forgetting {
        let Self {
            keyring,
            store,
            personal,
            reconciled,
        } = self;
        let forgets = places.forgets.clone();
        let followed = ErasuresElsewhere::after(reconciled.position, Arc::clone(&keyring), forgets);
        let elsewhere = run_projection(Arc::clone(&store), Arc::new(followed), options);
        let erasures = Erasures::new(store, Arc::clone(&keyring), personal, places);
        erasures.finish(reconciled.unfinished);
        Forgetting {
            keyring,
            erasures,
            elsewhere,
        }
    }
}

impl Forgetting {
    pub(crate) async fn has_forgotten(
        &self,
        position: Position,
        limit: Duration,
    ) -> Result<(), NotReached> {
        self.elsewhere.wait_for(position, limit).await.map(drop)
    }

    pub(crate) async fn stop(&self) {
        self.elsewhere.stop().await;
        self.erasures.stop().await;
    }
}
