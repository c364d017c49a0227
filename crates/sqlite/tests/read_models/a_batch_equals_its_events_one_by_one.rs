//! However events are cut into batches, the rows are the fold of all of them.

use std::collections::BTreeMap;

use annals_core::{Projection, RecordedEvent, Selection, decode};
use annals_sqlite::Database;
use proptest::prelude::*;

use crate::bank::{AccountEvent, Balance, batch, database, projector_of, recorded};

const ACCOUNTS: [&str; 3] = ["a", "b", "c"];

fn any_event() -> impl Strategy<Value = (usize, AccountEvent)> {
    let account = 0..ACCOUNTS.len();
    let event = prop_oneof![
        4 => (0..100_i64).prop_map(|cents| AccountEvent::Deposited { cents }),
        2 => (0..100_i64, account.clone()).prop_map(|(cents, to)| {
            AccountEvent::Transferred { cents, to: ACCOUNTS[to].to_owned() }
        }),
        1 => Just(AccountEvent::Closed),
    ];
    (account, event)
}

/// The fold as its contract says it, in memory.
fn folded(events: &[RecordedEvent]) -> Vec<Balance> {
    let mut rows = BTreeMap::new();
    for record in events {
        let event = decode(record.clone()).expect("the bank knows its events");
        for key in Balance::keys(&event) {
            let row = Balance::fold(rows.remove(&key), &key, &event);
            rows.extend(row.map(|row| (key, row)));
        }
    }
    rows.into_values().collect()
}

async fn projected(events: &[RecordedEvent], batch_size: usize) -> Vec<Balance> {
    let database = database().await;
    let projector = projector_of::<Balance>(&database).await;
    let mut after = 0;
    for events in events.chunks(batch_size) {
        let batch = batch(after, events.to_vec());
        after = batch.up_to.0;
        projector
            .apply(batch)
            .await
            .expect("the batch follows the last");
    }
    all(&database).await
}

async fn all(database: &Database) -> Vec<Balance> {
    let rows = database.table().list(Selection::new()).await;
    rows.expect("the table is there")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_batch_equals_its_events_one_by_one(
        events in prop::collection::vec(any_event(), 0..40),
        batch_size in 1..20_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let events: Vec<RecordedEvent> = (1..)
            .zip(&events)
            .map(|(position, (account, event))| recorded(position, ACCOUNTS[*account], event))
            .collect();
        let rows = runtime.block_on(projected(&events, batch_size));
        prop_assert_eq!(rows, folded(&events));
    }
}
