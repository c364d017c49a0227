//! The suite accepts a store that is right, and tells what it did.

mod model_store;

use std::sync::{Arc, Mutex};

use annals_core::EventStore;
use annals_testing::conformance::{Backend, CASES, Skip, run_all};
use async_trait::async_trait;
use model_store::{ModelStore, store_id};

/// Model stores; keeps what each has recorded, as a disk would.
#[derive(Default)]
struct ModelBackend {
    opened: Mutex<Vec<ModelStore>>,
}

#[async_trait]
impl Backend for ModelBackend {
    async fn open(&self) -> Arc<dyn EventStore> {
        let mut opened = self.opened.lock().expect("nothing panics while it is held");
        let store = ModelStore::new(store_id(opened.len()));
        opened.push(store.clone());
        Arc::new(store)
    }

    async fn restart(&self, store: Arc<dyn EventStore>) -> Result<Arc<dyn EventStore>, Skip> {
        let mut opened = self.opened.lock().expect("nothing panics while it is held");
        let crashed = opened.iter_mut().find(|opened| opened.id() == store.id());
        let crashed = crashed.expect("the store was opened by this backend");
        *crashed = crashed.reopened();
        Ok(Arc::new(crashed.clone()))
    }
}

annals_testing::conformance_suite!(ModelBackend::default());

/// A backend whose stores cannot be restarted.
struct NeverRestarted;

#[async_trait]
impl Backend for NeverRestarted {
    async fn open(&self) -> Arc<dyn EventStore> {
        Arc::new(ModelStore::new(store_id(0)))
    }

    async fn restart(&self, _: Arc<dyn EventStore>) -> Result<Arc<dyn EventStore>, Skip> {
        Err(Skip::because("it has no disk"))
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_run_is_counted_with_its_reason() {
    let report = run_all(Arc::new(NeverRestarted)).await;
    assert!(report.failed.is_empty(), "{:?}", report.failed);
    assert_eq!(report.passed.len() + report.skipped.len(), CASES.len());
    let restarting = CASES
        .iter()
        .filter(|case| case.name.starts_with("durability"));
    assert_eq!(report.skipped.len(), restarting.count());
    assert!(
        report
            .skipped
            .iter()
            .all(|(_, skip)| skip.because == "it has no disk")
    );
}
