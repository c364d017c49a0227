//! The ordering suite accepts a store that is right, and tells what it could not try.

mod model_store;

use std::sync::{Arc, Mutex};

use annals_core::{Append, AppendError, Appended, EventStore};
use annals_testing::ordering::{Adversary, CASES, Held, InProcess, Line, Skip, check, run_all};
use async_trait::async_trait;
use model_store::{ModelStore, store_id};

/// Model stores. An append has its place when it commits, so that one held open has none.
#[derive(Default)]
struct Model {
    opened: Mutex<Vec<ModelStore>>,
}

impl Model {
    fn find(&self, store: &dyn EventStore) -> ModelStore {
        let opened = self.opened.lock().expect("nothing panics while it is held");
        let found = opened.iter().find(|opened| opened.id() == store.id());
        found.expect("the store was opened here").clone()
    }
}

#[async_trait]
impl Adversary for Model {
    async fn open(&self) -> Arc<dyn EventStore> {
        let mut opened = self.opened.lock().expect("nothing panics while it is held");
        let store = ModelStore::new(store_id(opened.len()));
        opened.push(store.clone());
        Arc::new(store)
    }

    async fn second_handle(&self, store: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        Ok(Arc::new(self.find(store)))
    }

    async fn hold_open(
        &self,
        store: &dyn EventStore,
        append: Append,
    ) -> Result<Box<dyn Held>, Skip> {
        let store = self.find(store);
        Ok(Box::new(HeldAppend { store, append }))
    }

    async fn cuttable(&self, store: &dyn EventStore) -> Result<Box<dyn Line>, Skip> {
        let store = Arc::new(self.find(store));
        Ok(Box::new(InProcess::to(store)))
    }

    async fn pooled(&self, _: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        Err(Skip::because("it has no connections"))
    }

    async fn dump_and_restore(&self, store: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        Ok(Arc::new(self.find(store).reopened()))
    }
}

struct HeldAppend {
    store: ModelStore,
    append: Append,
}

#[async_trait]
impl Held for HeldAppend {
    async fn commit(self: Box<Self>) -> Result<Appended, AppendError> {
        self.store.append(self.append).await
    }

    async fn roll_back(self: Box<Self>) {}
}

annals_testing::ordering_suite!(Model::default(), skips: ["pooled"]);

#[tokio::test(start_paused = true)]
async fn what_cannot_be_tried_is_counted_with_its_reason() {
    let report = run_all(Arc::new(Model::default())).await;
    assert!(report.failed.is_empty(), "{:?}", report.failed);
    assert_eq!(report.passed.len() + report.skipped.len(), CASES.len());
    let [(case, skip)] = &report.skipped[..] else {
        panic!("only the pooler is missing: {:?}", report.skipped);
    };
    assert!(case.name.starts_with("pooled"));
    assert_eq!(skip.because, "it has no connections");
}

const POOLED: &str = "pooled::through_a_pooler_the_log_is_the_same";

#[tokio::test(start_paused = true)]
#[should_panic(expected = "it has no connections, and not listed as skipped")]
async fn a_skip_that_is_not_listed_is_a_failure() {
    check(POOLED, Model::default(), &["held"]).await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "listed as skipped, and can be tried")]
async fn a_skip_that_is_listed_in_vain_is_a_failure() {
    let name = "racing::of_two_handles_that_race_for_a_version_one_wins";
    check(name, Model::default(), &["racing"]).await;
}
