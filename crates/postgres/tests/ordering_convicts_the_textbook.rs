//! The ordering suite convicts the event store of the textbooks on a real server.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod textbook;

use std::sync::{Arc, Mutex};

use annals_core::{Append, AppendError, Appended, EventStore, IdSource, RandomIds, StoreId};
use annals_servers::postgres_url;
use annals_testing::ordering::{Adversary, Held, Line, Outcome, Skip, case};
use async_trait::async_trait;
use textbook::{Textbook, Transaction};

/// Textbook stores, one after the other.
#[derive(Default)]
struct Textbooks {
    opened: Mutex<Option<Textbook>>,
}

impl Textbooks {
    fn opened(&self) -> Textbook {
        self.opened
            .lock()
            .unwrap()
            .clone()
            .expect("a store was opened")
    }
}

#[async_trait]
impl Adversary for Textbooks {
    async fn open(&self) -> Arc<dyn EventStore> {
        let store = Textbook::create(StoreId(RandomIds.next()), postgres_url()).await;
        *self.opened.lock().unwrap() = Some(store.clone());
        Arc::new(store)
    }

    async fn second_handle(&self, _: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        Ok(Arc::new(self.opened()))
    }

    async fn hold_open(&self, _: &dyn EventStore, append: Append) -> Result<Box<dyn Held>, Skip> {
        Ok(Box::new(self.opened().insert(&append).await))
    }

    async fn cuttable(&self, _: &dyn EventStore) -> Result<Box<dyn Line>, Skip> {
        Err(Skip::because("it is not about lines"))
    }

    async fn pooled(&self, _: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        Err(Skip::because("it is not about poolers"))
    }

    async fn dump_and_restore(&self, _: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        Err(Skip::because("it is not about dumps"))
    }
}

#[async_trait]
impl Held for Transaction {
    async fn commit(self: Box<Self>) -> Result<Appended, AppendError> {
        Ok(Transaction::commit(*self).await)
    }

    async fn roll_back(self: Box<Self>) {
        Transaction::roll_back(*self).await;
    }
}

async fn assert_convicted(name: &str, expected: &str) {
    match case(name).run(Arc::new(Textbooks::default())).await {
        Outcome::Failed(seen) if seen.contains(expected) => {}
        other => panic!("{name} must fail, since an event is {expected}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_convicts_the_textbook_design() {
    let held = "held::a_commit_held_back_behind_thousands_is_missed_by_nobody";
    assert_convicted(held, "missed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_convicts_the_textbook_design_in_a_race() {
    let racing = "racing::two_handles_that_race_agree_on_one_order";
    assert_convicted(racing, "missed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_convicts_the_textbook_design_by_a_roll_back() {
    let rolled_back = "rolled_back::roll_backs_leave_no_gap_that_stalls_a_reader";
    assert_convicted(rolled_back, "positions are dense").await;
}
