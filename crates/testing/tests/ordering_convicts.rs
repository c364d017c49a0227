//! The ordering suite convicts the designs that it was made for: stores whose numbers come from a
//! sequence, however their readers try to make up for it.

mod sequence_store;

use std::sync::{Arc, Mutex};

use annals_core::{Append, AppendError, Appended, EventStore, StoreId};
use annals_testing::ordering::{Adversary, Held, InProcess, Line, Outcome, Skip, case};
use async_trait::async_trait;
use uuid::Uuid;

use sequence_store::{Guard, SequenceStore, Stage, Transaction};

const HELD: &str = "held::a_commit_held_back_behind_thousands_is_missed_by_nobody";
const UNHINDERED: &str = "held::a_held_transaction_keeps_no_reader_from_what_was_acknowledged";
const INTERLEAVED: &str =
    "held::interleaved_transactions_that_end_in_any_order_are_missed_by_nobody";
const ROLLED_BACK: &str = "rolled_back::roll_backs_leave_no_gap_that_stalls_a_reader";
const CUT: &str = "cut::an_append_whose_answer_is_lost_is_recorded_once";
const RESTORED: &str = "restored::a_restored_store_goes_on_where_the_dump_was";
const RACING: &str = "racing::two_handles_that_race_agree_on_one_order";

/// Stores with a sequence, one after the other.
struct Sequences {
    guard: Guard,
    stage: Stage,
    opened: Mutex<Option<SequenceStore>>,
}

impl Sequences {
    fn opened(&self) -> SequenceStore {
        let opened = self.opened.lock().expect("nothing panics while it is held");
        opened.clone().expect("a store was opened")
    }
}

#[async_trait]
impl Adversary for Sequences {
    async fn open(&self) -> Arc<dyn EventStore> {
        let store = SequenceStore::new(StoreId(Uuid::from_u128(1)), self.guard);
        *self.opened.lock().expect("nothing panics while it is held") = Some(store.clone());
        Arc::new(store)
    }

    async fn second_handle(&self, _: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        Ok(Arc::new(self.opened()))
    }

    async fn hold_open(&self, _: &dyn EventStore, append: Append) -> Result<Box<dyn Held>, Skip> {
        Ok(Box::new(self.opened().begin(append, self.stage)))
    }

    async fn cuttable(&self, _: &dyn EventStore) -> Result<Box<dyn Line>, Skip> {
        Ok(Box::new(InProcess::to(Arc::new(self.opened()))))
    }

    async fn pooled(&self, _: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        Err(Skip::because("it is not about poolers"))
    }

    async fn dump_and_restore(&self, _: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        Ok(Arc::new(self.opened().restored_without_its_sequence()))
    }
}

#[async_trait]
impl Held for Transaction {
    async fn commit(self: Box<Self>) -> Result<Appended, AppendError> {
        Transaction::commit(*self)
    }

    async fn roll_back(self: Box<Self>) {
        Transaction::roll_back(*self);
    }
}

/// What the case sees wrong with a store that is made so.
async fn conviction(name: &str, guard: Guard, stage: Stage) -> String {
    let adversary = Sequences {
        guard,
        stage,
        opened: Mutex::default(),
    };
    match case(name).run(Arc::new(adversary)).await {
        Outcome::Failed(seen) => seen,
        other => panic!("{name} must fail with {guard:?}, {stage:?}: {other:?}"),
    }
}

/// Declares a test for each design. The clock is paused, so that it jumps to the end of a wait for
/// what never comes.
macro_rules! convictions {
    ($($test:ident: $case:ident, $guard:ident, $stage:ident, $seen:literal;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $test() {
            let seen = conviction($case, Guard::$guard, Stage::$stage).await;
            assert!(seen.contains($seen), "{seen}");
        }
    )+};
}

convictions! {
    the_textbook_design_misses_a_commit_held_back: HELD, None, Inserted, "missed";
    the_textbook_design_misses_one_of_many: INTERLEAVED, None, Inserted, "missed";
    the_textbook_design_leaves_gaps: ROLLED_BACK, None, Inserted, "dense";
    the_textbook_design_loses_a_race: RACING, None, Inserted, "missed";
    an_append_without_identity_is_recorded_twice: CUT, None, Inserted, "recorded once";
    a_sequence_that_begins_again_collides: RESTORED, None, Inserted, "follower";
    a_gap_timer_gives_up_on_a_commit_held_back: HELD, GapTimer, Inserted, "missed";
    a_gap_timer_hides_what_was_acknowledged: UNHINDERED, GapTimer, Inserted, "head";
    a_gap_timer_stalls_at_a_roll_back: ROLLED_BACK, GapTimer, Inserted, "did not come";
    the_oldest_transaction_says_nothing_about_numbers: HELD, OldestTransaction, Numbered, "missed";
    the_oldest_transaction_stalls_readers: UNHINDERED, OldestTransaction, Inserted, "head";
}
