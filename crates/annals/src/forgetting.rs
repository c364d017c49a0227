//! What a service with a keyring does beside all else: it reads with keys, and forgets persons.

use std::sync::Arc;

use annals_core::{EventStore, Projector};
use annals_keys::Keyring;
use annals_runtime::{
    AuditSubject, ErasurePlaces, Erasures, ErasuresElsewhere, KeyedStore, PersonalEvents,
    Reconciled, RunnerOptions, destroy_keys_again, run_projection,
};

use crate::error::Error;
use crate::place::Opened;
use crate::service::Running;

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
}

/// A projection by its name.
type Named = (String, Running);

/// Begins to forget persons where there is a keyring, also those that other processes forget, and
/// finishes what was cut off.
pub(crate) fn begin(
    keyed: Option<Keyed>,
    places: ErasurePlaces,
    options: &RunnerOptions,
) -> (Option<Forgetting>, Option<Named>) {
    let begun = keyed.map(|keyed| keyed.begin(places, options));
    begun.unzip()
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

    fn begin(self, places: ErasurePlaces, options: &RunnerOptions) -> (Forgetting, Named) {
        let Self {
            keyring,
            store,
            personal,
            reconciled,
        } = self;
        let erasures = Erasures::new(Arc::clone(&store), Arc::clone(&keyring), personal, places);
        let followed = ErasuresElsewhere::after(reconciled.position, erasures.clone());
        let projector: Arc<dyn Projector> = Arc::new(followed);
        let handle = run_projection(Arc::clone(&store), Arc::clone(&projector), options.clone());
        let subject = AuditSubject { store, projector };
        erasures.finish(reconciled.unfinished);
        let follows = Running::beside(handle, subject, &options.code_version, None);
        let forgetting = Forgetting { keyring, erasures };
        (forgetting, (ErasuresElsewhere::NAME.to_owned(), follows))
    }
}

impl Forgetting {
    pub(crate) async fn stop(&self) {
        self.erasures.stop().await;
    }
}
