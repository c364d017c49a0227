use std::sync::Arc;

use annals_core::{
    Append, EventId, EventType, ExpectedVersion, IdSource as _, NewEvent, RandomIds, StreamId,
};
use annals_embedded::{EmbeddedOptions, EmbeddedStore, MemoryDisk};
use annals_testing::ManualClock;
use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A store with an event recorded at each of these seconds, in this order.
async fn store_of(seconds: &[i64]) -> EmbeddedStore {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let options = EmbeddedOptions {
        clock: Arc::new(clock.clone()),
        ..EmbeddedOptions::in_memory()
    };
    let store = EmbeddedStore::open_on(MemoryDisk::new(), options).unwrap();
    for second in seconds {
        clock.set(at(*second));
        let stream = StreamId::new("Clock", "1").unwrap();
        let ticked = EventType::new("Ticked").unwrap();
        let event = NewEvent::json(EventId(RandomIds.next()), ticked, "{}");
        let append = Append::to(stream, ExpectedVersion::Any, vec![event]);
        store.append(append).await.unwrap();
    }
    store
}

async fn found(store: &EmbeddedStore, second: i64) -> u64 {
    let head = store.head().await.unwrap();
    let found = last_recorded_by(store, head, at(second)).await;
    found.unwrap().0
}

#[tokio::test]
async fn nothing_was_recorded_before_the_first_event() {
    assert_eq!(found(&store_of(&[]).await, 9).await, 0);
    assert_eq!(found(&store_of(&[5, 6]).await, 4).await, 0);
}

#[tokio::test]
async fn of_several_events_of_the_same_time_it_is_the_last() {
    let store = store_of(&[1, 3, 3, 3, 7]).await;
    for (second, position) in [(1, 1), (2, 1), (3, 4), (6, 4), (7, 5), (8, 5)] {
        assert_eq!(found(&store, second).await, position, "{second}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn while_time_only_goes_on_it_is_the_last_that_was_recorded_by_then(
        mut seconds in prop::collection::vec(0..20_i64, 0..40),
    ) {
        seconds.sort_unstable();
        for (second, found) in found_at_each_second(&seconds) {
            let expected = seconds.iter().filter(|recorded| **recorded <= second).count();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn where_the_clock_was_put_back_the_next_event_was_recorded_later(
        seconds in prop::collection::vec(0..20_i64, 0..40),
    ) {
        for (second, found) in found_at_each_second(&seconds) {
            prop_assert!(found == 0 || seconds[found - 1] <= second);
            prop_assert!(found == seconds.len() || seconds[found] > second);
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn found_at_each_second(seconds: &[i64]) -> Vec<(i64, usize)> {
    let store = store_of(seconds).await;
    let mut each = Vec::new();
    for second in 0..=20 {
        let found = found(&store, second).await;
        each.push((second, usize::try_from(found).unwrap()));
    }
    each
}
