//! Line 8: a slow reader slows no writer. That it grows no unbounded queue cannot be seen from
//! outside; a backend shows it in tests of its own.

use annals_core::{Position, Read, Source};

use super::sample::{append, events, stream};
use super::subject::{Subject, in_time, rest_of};

/// More than any buffer between a store and its readers should hold.
const EVENTS: usize = 5_000;

/// 8a: writers are not held up by subscribers that take nothing, who then get all of it.
pub(super) async fn an_idle_subscriber_slows_no_writer_and_loses_nothing(store: Subject) {
    let mut from_start = store.follow(Source::all()).await;
    let mut begun = store.follow(Source::stream(stream("Account-1"))).await;
    store.append(append("Account-1", events(0..1))).await;
    begun.next_event().await;

    write_many(&store).await;
    let all = store.all().await;
    assert_eq!(from_start.until(store.head().await).await, all);
    assert_eq!(begun.until(store.head().await).await, all[1..]);
}

/// 8b: writers are not held up by a read that is left standing, which then is complete.
pub(super) async fn a_read_left_standing_slows_no_writer(store: Subject) {
    store.append(append("Account-1", events(0..1))).await;
    write_many(&store).await;
    let head = store.head().await;
    let mut standing = store.start_read(Read::forwards(Source::all())).await;
    let first = in_time("the first event", standing.try_next()).await;
    let first = first.expect("the first event can be read");
    assert_eq!(first.map(|event| event.position), Some(Position(1)));

    store
        .append(append("Account-2", events(EVENTS + 1..EVENTS + 500)))
        .await;
    assert_eq!(rest_of(standing).await.len() as u64, head.0 - 1);
}

/// 8c: a subscriber that keeps up is not held up by one that does not.
pub(super) async fn an_idle_subscriber_slows_no_other(store: Subject) {
    let _idle = store.follow(Source::all()).await;
    let mut keen = store.follow(Source::all()).await;
    for first in (0..EVENTS).step_by(500) {
        let appended = store
            .append(append("Account-1", events(first..first + 500)))
            .await;
        assert_eq!(keen.until(appended.last).await.len(), 500);
    }
}

async fn write_many(store: &Subject) {
    for first in (1..=EVENTS).step_by(250) {
        store
            .append(append("Account-1", events(first..first + 250)))
            .await;
    }
}
